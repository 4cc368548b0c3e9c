"""The system calls that Python 3.11 has no name for."""

import ctypes
import fcntl
import os
import signal
import socket
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)


def mount(source, target, kind=None, flags=0, options=None):
    bytes_or_none = [text.encode() if text else None for text in (source, target, kind, options)]
    source_bytes, target_bytes, kind_bytes, options_bytes = bytes_or_none
    check(libc.mount(source_bytes, target_bytes, kind_bytes, ctypes.c_ulong(flags), options_bytes), target)


def bind(source, target, read_only=False):
    mount(source, target, None, MS_BIND)
    if read_only:
        mount(None, target, None, MS_REMOUNT | MS_BIND | MS_RDONLY)


def unmount(target):
    """Takes a mount out of the tree at once, whoever still uses it."""
    check(libc.umount2(target.encode(), MNT_DETACH), target)


def unshare(flags):
    check(libc.unshare(flags), "unshare")


def setns(fd, flags):
    check(libc.setns(fd, flags), "setns")


def pivot_root(new_root):
    """Makes `new_root` the root and leaves nothing of the old one reachable."""
    os.chdir(new_root)
    check(libc.pivot_root(b".", b"."), new_root)
    unmount(".")
    os.chdir("/")


def die_with_parent():
    pr_set_pdeathsig = 1
    check(libc.prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0), "prctl")


def pretend_linux_2_6():
    """uname -r says 2.6.x from here on, in this process and what it starts (personality UNAME26)."""
    libc.personality(0x0020000)


def loopback_up():
    siocsifflags, iff_up = 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, siocsifflags, struct.pack("16sH14x", b"lo", iff_up))
