# What delete-entries.pl does, for hosts that have Python and no Perl; it says what is read and printed. Python 2.7 will do.
import socket
import struct
import sys
import time


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def attributes(text):
    found = {}
    while len(text) >= 4:
        length, kind = struct.unpack("=HH", text[:4])
        if length < 4:
            break
        found[kind & 16383] = text[4:length]
        text = text[(length + 3) & ~3 :]
    return found


def ask(kind, flags, family, body):
    kernel.send(struct.pack("=IHHIIBBH", 20 + len(body), 256 + kind, flags, 1, 0, family, 0, 0) + body)
    answer = kernel.recv(65536)
    length, kind = struct.unpack("=IH", answer[:6])
    if kind == 2:
        return -struct.unpack("=i", answer[16:20])[0], b""
    return 0, answer[20:length]


gone = kept = left = errno = 0
try:
    kernel = socket.socket(16, socket.SOCK_RAW, 12)
except EnvironmentError as error:
    errno = error.errno
for line in sys.stdin:
    words = line.split()
    if words[0] == "rest":
        left += int(words[1])
        continue
    if errno:
        left += 1
        continue
    family, protocol, source, destination, first, second, third, zone, state, remaining = words
    is4 = family == "2"
    family = int(family)
    proto = attribute(1, struct.pack("B", int(protocol)))
    if third != "-":
        at = 4 if is4 else 7
        proto += attribute(at, struct.pack("!H", int(third)))
        proto += attribute(at + 1, struct.pack("B", int(first))) + attribute(at + 2, struct.pack("B", int(second)))
    elif first != "-":
        proto += attribute(2, struct.pack("!H", int(first))) + attribute(3, struct.pack("!H", int(second)))
    addresses = attribute(1 if is4 else 3, socket.inet_pton(family, source))
    addresses += attribute(2 if is4 else 4, socket.inet_pton(family, destination))
    which = attribute(32769, attribute(32769, addresses) + attribute(32770, proto))
    if zone != "-":
        which += attribute(18, struct.pack("!H", int(zone)))
    error, entry = ask(1, 1, family, which)
    if not error:
        found = attributes(entry)
        tcp = attributes(attributes(found.get(4, b"")).get(1, b""))
        is_used = remaining != "-" and 7 in found and struct.unpack("!I", found[7])[0] > int(remaining)
        is_used = is_used or (state != "-" and 1 in tcp and struct.unpack("B", tcp[1])[0] != int(state))
        if is_used:
            kept += 1
            continue
        error, entry = ask(2, 5, family, which + (attribute(12, found[12]) if 12 in found else b""))
    if not error:
        gone += 1
        if gone % 1000 == 0:
            time.sleep(0.2)
    elif error == 2:
        kept += 1
    else:
        errno = error
        left += 1
print("%d %d %d %d" % (gone, kept, left, errno))
