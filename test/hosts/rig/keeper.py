#!/usr/bin/python3
"""Holds a rig of test hosts: builds them, lends them an sshd for each connection, and takes all of it down.

Everything hangs on this one process: the mounts live in its private mount namespace, the networks have no name, the
first process of every host dies with it. So whatever ends it, the kernel clears up; only a small folder can stay
behind, which the next rig removes. It ends by itself when its standard input does.

Standard input: the rig as one line of JSON, then requests, one a line: {"do": "stop" | "reboot", "host": NAME}.
Standard output: one line of JSON for the rig and for each request: {"ok": …} or {"error": "…"}.
"""

import glob
import json
import os
import re
import resource
import selectors
import shutil
import signal
import socket
import sys
import tempfile

import linux
import values
from host import Host, write_template

PREFIX = "conntrackctl-rig-"
PORT = 2022
HOSTS_A_BLOCK = 250


def start_time(pid):
    """Clock ticks after boot at which a process began, or None: tells a process from a later one with its number."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[19]
    except OSError:
        return None


def remove_stale_rigs():
    """A rig that was killed leaves a folder with a key pair and an inventory, but no process and no mount."""
    for folder in glob.glob(f"{tempfile.gettempdir()}/{PREFIX}*"):
        name = re.fullmatch(r"(\d+)-(\d+)", os.path.basename(folder)[len(PREFIX) :])
        if name and start_time(name[1]) != name[2]:
            shutil.rmtree(folder, ignore_errors=True)


def start_values(mountpoint):
    """Starts the process that stands in for the machine-wide values, and waits until it serves."""
    receiving, sending = os.pipe()
    pid = os.fork()
    if pid == 0:
        linux.die_with_parent()
        os.setsid()
        os.close(receiving)
        os.dup2(os.open("/dev/null", os.O_RDWR), 0)
        os.dup2(2, 1)
        values.serve(mountpoint, on_ready=lambda: os.close(sending))
        os._exit(1)
    os.close(sending)
    os.read(receiving, 1)
    os.close(receiving)
    if not os.path.ismount(mountpoint):
        raise RuntimeError("the FUSE file system did not start: is /dev/fuse there?")
    return pid


def address_of(block, index):
    return f"127.{block}.{index // HOSTS_A_BLOCK}.{index % HOSTS_A_BLOCK + 1}"


def listen(specs):
    """One listening socket for each host that has one, all in the first block of loopback that no other rig uses."""
    for block in range(10, 100):
        sockets = []
        try:
            # The block's last address is taken by every rig, so that two with only silent hosts stay apart too.
            sockets.append(socket.create_server((f"127.{block}.255.1", PORT)))
            for index, spec in enumerate(specs):
                if spec["listener"] != "none":
                    sockets.append(socket.create_server((address_of(block, index), PORT), backlog=256))
                else:
                    sockets.append(None)
            return block, sockets[1:]
        except OSError:
            for taken in sockets:
                if taken:
                    taken.close()
    raise RuntimeError("no free block of loopback addresses")


class Keeper:
    def __init__(self, config):
        self.specs = config["hosts"]
        self.folder = f"{tempfile.gettempdir()}/{PREFIX}{os.getpid()}-{start_time(os.getpid())}"
        self.tree = f"{self.folder}/tree"
        self.template = config["template"]
        self.hosts = {}
        self.listeners = {}
        self.held = []
        self.values_pid = None
        self.selector = selectors.DefaultSelector()

    def build(self):
        names = [spec["name"] for spec in self.specs]
        if len(set(names)) < len(names):
            raise ValueError("two hosts of one name")
        os.makedirs(self.tree, mode=0o700)
        linux.unshare(linux.CLONE_NEWNS)
        linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
        linux.mount("conntrackctl-rig", self.tree, "tmpfs", 0, "mode=755")
        for name in ("values", "hosts"):
            os.mkdir(f"{self.tree}/{name}")
        write_template(f"{self.tree}/template", self.template)
        # Before the listening sockets are there: it would hold on to them.
        self.values_pid = start_values(f"{self.tree}/values")
        block, sockets = listen(self.specs)
        for index, spec in enumerate(self.specs):
            spec["address"] = address_of(block, index)
            if spec["listener"] == "sshd":
                host = self.hosts[spec["name"]] = Host(spec, self.tree)
                host.prepare()
        self.start(self.hosts.values())
        for spec, listener in zip(self.specs, sockets):
            if listener:
                self.listeners[spec["name"]] = listener
                self.selector.register(listener, selectors.EVENT_READ, (self.accept, spec))

    def start(self, hosts):
        """All at once: the work is the kernel's, on as many cores as there are."""
        pipes = [(host, host.start()) for host in hosts]
        failures = []
        for host, pipe in pipes:
            with open(pipe, "rb") as answer:
                said = answer.read().decode(errors="replace")
            if said != "ok":
                failures.append(f"{host.name}: {said or 'ended without a word'}")
        if failures:
            raise RuntimeError("; ".join(failures[:5]))

    def describe(self):
        seen = {}
        for spec in self.specs:
            host = self.hosts.get(spec["name"])
            seen[spec["name"]] = dict(address=spec["address"], port=PORT, pid=host.pid if host else None)
        return {"ok": {"folder": self.folder, "keeper": os.getpid(), "hosts": seen}}

    def accept(self, listener, spec):
        connection, _ = listener.accept()
        if spec["listener"] == "sshd":
            with connection:
                self.hosts[spec["name"]].session(connection)
            return
        # Held open: closing it with something unread would reset it, and the client might miss the answer.
        self.held.append(connection)
        if spec["listener"] == "not-ssh":
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)

    def request(self, line):
        asked = json.loads(line)
        host = self.hosts[asked["host"]]
        host.kill()
        if asked["do"] == "reboot":
            self.start([host])
        else:
            listener = self.listeners.pop(host.name, None)
            if listener:
                self.selector.unregister(listener)
                listener.close()
        return {"ok": {"pid": host.pid}}

    def serve(self):
        rest = b""

        def read_requests(_stdin, _spec):
            nonlocal rest
            data = os.read(0, 65536)
            if not data:
                raise EOFError
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                answer(guarded(self.request, line))

        self.selector.register(0, selectors.EVENT_READ, (read_requests, None))
        while True:
            for key, _ in self.selector.select():
                act, spec = key.data
                try:
                    act(key.fileobj, spec)
                except ConnectionError:
                    pass

    def take_down(self):
        for host in self.hosts.values():
            host.send_kill()
        for host in self.hosts.values():
            host.kill()
        if self.values_pid:
            os.kill(self.values_pid, signal.SIGKILL)
        for mountpoint in (f"{self.tree}/values", self.tree):
            if os.path.ismount(mountpoint):
                linux.unmount(mountpoint)
        shutil.rmtree(self.folder, ignore_errors=True)


def guarded(action, *arguments):
    try:
        return action(*arguments)
    except Exception as error:  # the other side decides what to do with it
        return {"error": f"{type(error).__name__}: {error}"}


def answer(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main():
    # Ctrl-C ends the program that holds our standard input, and that ends us in order.
    for name in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(name, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.umask(0o022)
    remove_stale_rigs()
    first = b""
    while not first.endswith(b"\n"):
        data = os.read(0, 1 << 20)
        if not data:
            return
        first += data
    keeper = Keeper(json.loads(first))
    try:
        keeper.build()
        answer(keeper.describe())
        keeper.serve()
    except EOFError:
        pass
    except Exception as error:  # told to the other side, which shows it
        answer({"error": f"{type(error).__name__}: {error}"})
    finally:
        keeper.take_down()


main()
