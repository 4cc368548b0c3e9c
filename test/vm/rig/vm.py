"""One machine: the process that is its kernel, its network card and the serial line to the agent inside."""

import asyncio
import io
import os
import signal
import socket
import tarfile

FIRST_START = "init=/usr/local/sbin/rig-first-boot"
CONSOLE_KEPT = 100_000
SO_SNDBUFFORCE = 32
SERIAL_BUFFER = 1 << 28
PIECE = 3000
OFF_SECONDS = 60


def write_archive(path, entries):
    """A tar of {path: {text | link, mode, uid, gid}}; folders are made as needed, by root, with mode 755."""
    with tarfile.open(path, "w") as archive:
        for name, entry in entries.items():
            member = tarfile.TarInfo(name.lstrip("/"))
            member.mode, member.uid, member.gid = entry.get("mode", 0o644), entry.get("uid", 0), entry.get("gid", 0)
            body = None
            if "link" in entry:
                member.type, member.linkname = tarfile.SYMTYPE, entry["link"]
            elif "folder" in entry:
                member.type = tarfile.DIRTYPE
            else:
                text = entry["text"].encode()
                member.size, body = len(text), io.BytesIO(text)
            archive.addfile(member, body)


async def run_ip(command):
    process = await asyncio.create_subprocess_exec("ip", *command.split())
    if await process.wait() != 0:
        raise RuntimeError(f"ip {command}: exit status {process.returncode}")


class Vm:
    """
    A machine that can be switched on again, on the same disk, however it went off. Of what kind it is, says a class of
    its own, with `before_start`, `command`, `set_up_process`, `has_booted` and `processor`.
    """

    boot_seconds = 180

    def __init__(self, spec, index, tree):
        self.spec = spec
        self.name = spec["name"]
        self.address = spec["address"]
        self.folder = f"{tree}/{self.name}"
        self.tap = f"tap{index}"
        self.mac = f"02:c7:00:00:00:{index:02x}"
        self.is_new = True
        self.turn = asyncio.Lock()
        self.process = None
        self.console = b""
        # What the agent says and hears; a task for its first word; a task that lasts as long as the machine is on.
        self.serial = self.ready = self.ended = None

    async def prepare(self):
        """Its card and what its disk shall hold. The tap goes with the keeper's network, the files with its mounts."""
        os.mkdir(self.folder)
        write_archive(f"{self.folder}/extras.tar", self.spec["entries"])
        await run_ip(f"tuntap add dev {self.tap} mode tap")
        await run_ip(f"address add {self.spec['gateway']}/30 dev {self.tap}")
        await run_ip(f"link set {self.tap} up")

    def has_booted(self):
        """What is to be put away once the machine is on, or has failed to come on."""

    def processor(self):
        """The process to kill when the plug is pulled."""
        return self.process.pid

    async def launch(self):
        """Switches it on and does not wait: see `ready` and `ended`."""
        await self.before_start()
        ours, theirs = socket.socketpair()
        # Once a write would block, this kernel's serial driver does not write again.
        theirs.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, SERIAL_BUFFER)
        self.process = await asyncio.create_subprocess_exec(
            *self.command(theirs.fileno()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": self.folder, "HOME": self.folder},
            pass_fds=(theirs.fileno(),),
            preexec_fn=self.set_up_process,
        )
        theirs.close()
        self.console = b""
        self.serial = await asyncio.open_connection(sock=ours)
        self.ready = asyncio.create_task(self.hear_agent())
        self.ended = asyncio.create_task(self.watch())
        # Nobody need wait for it.
        self.ready.add_done_callback(lambda ready: ready.cancelled() or ready.exception())

    async def hear_agent(self):
        if await self.line_from_agent() != [b"ready"]:
            raise RuntimeError(f"{self.name}: the agent does not say that it is ready")
        self.is_new = False
        self.has_booted()

    async def line_from_agent(self):
        line = await self.serial[0].readline()
        if not line.endswith(b"\n"):
            raise RuntimeError(f"{self.name} went off; its console ends with:\n{self.last_words()}")
        return line.split()

    async def watch(self):
        """Keeps what the kernel prints until it has ended; a reboot that the machine did itself goes on from here."""
        while text := await self.process.stdout.read(65536):
            self.console = (self.console + text)[-CONSOLE_KEPT:]
        await self.process.wait()
        self.process = None
        self.serial[1].close()
        self.has_booted()
        if b"reboot: Restarting system" in self.console:
            await self.launch()

    def last_words(self):
        return "\n".join(self.console.decode(errors="replace").splitlines()[-15:])

    async def wait(self, task, seconds, what):
        try:
            await asyncio.wait_for(asyncio.shield(task), seconds)
        except TimeoutError:
            message = f"{self.name} {what} within {seconds} s; its console ends with:\n{self.last_words()}"
            raise RuntimeError(message) from None

    async def start(self):
        if self.process:
            raise RuntimeError(f"{self.name} is on already")
        await self.launch()
        await self.wait(self.ready, self.boot_seconds, "did not boot")

    async def send(self, script):
        if not self.process:
            raise RuntimeError(f"{self.name} is off")
        writer = self.serial[1]
        writer.write(f"{len(script)}\n".encode())
        for start in range(0, len(script), PIECE):
            writer.write(script[start : start + PIECE])
            if await self.line_from_agent() != [b"+"]:
                raise RuntimeError(f"{self.name}: the serial line is out of step")

    async def run(self, script):
        """One after the other: (status, stdout, stderr)."""
        async with self.turn:
            await self.send(script)
            status, *lengths = map(int, await self.line_from_agent())
            return status, *[await self.serial[0].readexactly(length) for length in lengths]

    async def power_off(self):
        """Everything written goes to the disk, and then the power goes; nothing is shut down."""
        ended = self.ended
        async with self.turn:
            await self.send(b"sync; poweroff -ff")
        await self.wait(ended, OFF_SECONDS, "did not go off")

    async def reboot(self):
        """As an administrator does it: everything is shut down in order."""
        ended = self.ended
        async with self.turn:
            await self.send(b"systemctl reboot")
        await self.wait(ended, self.boot_seconds, "did not shut down")
        await self.wait(self.ready, self.boot_seconds, "did not boot")

    async def pull_plug(self):
        """What was not yet on the disk is lost."""
        if not self.process:
            return
        ended = self.ended
        os.kill(self.processor(), signal.SIGKILL)
        await self.wait(ended, OFF_SECONDS, "did not end")
