#!/usr/bin/python3
"""Holds a rig of virtual machines: starts them, carries connections to them, and takes all of it down.

Everything hangs on this one process: its private mounts hold the machines' disks, its nameless network holds their
cards, and every machine dies with it. So whatever ends it, the kernel clears up; only a small folder can stay behind,
which the next rig removes. It ends by itself when its standard input does.

Standard input: the rig as one line of JSON, then requests, one a line: {"id": 1, "do": "start", "vm": NAME, …}.
Standard output: one line of JSON for the rig and, as each is done, for the requests: {"id": 1, "ok": …} or {"error": "…"}.
"""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../hosts/rig"))

import linux
from qemu import QemuVm
from rig_folder import make_rig_folder
from uml import UmlVm

PORT = 2222
CONNECT_SECONDS = 30

# Tasks at work on a connection.
carrying = set()


def listen(count):
    """A listening socket for each machine, all in the first block of loopback that no other rig of machines uses."""
    for block in range(256):
        sockets = []
        try:
            for index in range(1, count + 1):
                sockets.append(socket.create_server((f"127.11.{block}.{index}", PORT), backlog=64))
            return sockets
        except OSError:
            for taken in sockets:
                taken.close()
    raise RuntimeError("no free block of loopback addresses")


async def carry(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


def entrance_to(vm):
    """Hands a connection from the machine's loopback into the network where the virtual machine is."""

    async def accept(client_reader, client_writer):
        # asyncio holds its tasks weakly: one that waits for a machine whose power was cut would be swept away.
        carrying.add(asyncio.current_task())
        writers = [client_writer]
        try:
            wish = asyncio.open_connection(vm.address, 22)
            reader, writer = await asyncio.wait_for(wish, CONNECT_SECONDS)
            writers.append(writer)
            await asyncio.gather(carry(client_reader, writer), carry(reader, client_writer))
        except (OSError, TimeoutError):
            # One end's error is the other end's reset.
            for open_writer in writers:
                open_writer.transport.abort()
        finally:
            carrying.discard(asyncio.current_task())
            for open_writer in writers:
                open_writer.close()

    return accept


class Keeper:
    def __init__(self, config):
        self.specs = config["vms"]
        self.folder = make_rig_folder("conntrackctl-vm-")
        self.tree = f"{self.folder}/tree"
        self.vms = {}

    async def build(self):
        listeners = listen(len(self.specs))
        # From here on new sockets are of the rig's own network; the listeners stay where they are.
        linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWNET)
        linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
        os.mkdir(self.tree, mode=0o700)
        linux.mount("conntrackctl-vm", self.tree, "tmpfs", 0, "mode=700,size=75%")
        linux.loopback_up()
        entrances = {}
        for index, (spec, listener) in enumerate(zip(self.specs, listeners), start=1):
            kind = QemuVm if "initrd" in spec else UmlVm
            vm = self.vms[spec["name"]] = kind(spec, index, self.tree)
            await vm.prepare()
            await asyncio.start_server(entrance_to(vm), sock=listener)
            address, port = listener.getsockname()
            entrances[vm.name] = {"address": address, "port": port}
        return {"folder": self.folder, "keeper": os.getpid(), "vms": entrances}

    async def request(self, asked):
        vm = self.vms[asked["vm"]]
        match asked["do"]:
            case "start":
                await vm.start()
            case "run":
                status, *outputs = await vm.run(base64.b64decode(asked["script"]))
                stdout, stderr = (base64.b64encode(output).decode() for output in outputs)
                return {"code": status, "stdout": stdout, "stderr": stderr}
            case "power-off":
                await vm.power_off()
            case "pull-plug":
                await vm.pull_plug()
            case "reboot":
                await vm.reboot()
            case "console":
                return vm.console.decode(errors="replace")
            case unknown:
                raise ValueError(unknown)

    async def take_down(self):
        await asyncio.gather(*(vm.pull_plug() for vm in self.vms.values()), return_exceptions=True)
        if os.path.ismount(self.tree):
            linux.unmount(self.tree)
        shutil.rmtree(self.folder, ignore_errors=True)


async def answer(number, work):
    try:
        message = {"ok": await work}
    except Exception as error:  # told to the other side, which shows it
        message = {"error": str(error) or type(error).__name__}
    sys.stdout.write(json.dumps({"id": number, **message}) + "\n")
    sys.stdout.flush()
    return "ok" in message


async def main():
    loop = asyncio.get_running_loop()
    # Ctrl-C ends the program that holds our standard input, and that ends us in order.
    for name in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(name, signal.SIG_IGN)
    os.umask(0o022)
    requests = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    loop.add_signal_handler(signal.SIGTERM, requests.feed_eof)
    line = await requests.readline()
    if not line:
        return
    keeper = Keeper(json.loads(line))
    tasks = set()
    try:
        if not await answer(0, keeper.build()):
            return
        while line := await requests.readline():
            asked = json.loads(line)
            task = asyncio.create_task(answer(asked["id"], keeper.request(asked)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    finally:
        await keeper.take_down()


with contextlib.suppress(asyncio.CancelledError):
    asyncio.run(main())
