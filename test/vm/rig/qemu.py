"""
A machine that QEMU emulates, processor and all, for kernels that are made for real ones.

Emulated also where there is a /dev/kvm: that it opens says little. Under kvm_pvm, as machines of a cloud have it within
others, Debian's kernels go no further than their first line ("Probing EDD"), and uncompressed ones, entered by PVH, not even so
far; `-cpu host` ends QEMU itself.
"""

import asyncio
import os

import linux
from vm import FIRST_START, Vm


async def run(*command):
    """Its exit status; what it prints is of no use."""
    quiet = {"stdout": asyncio.subprocess.DEVNULL, "stderr": asyncio.subprocess.DEVNULL}
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL, **quiet)
    return await process.wait()


class QemuVm(Vm):
    # Ten times the work of other machines, on processors that others use as well.
    boot_seconds = 600

    @property
    def disk(self):
        return f"{self.folder}/disk.img"

    async def before_start(self):
        if self.is_new:
            await run("cp", "--sparse=always", self.spec["image"], self.disk)
        else:
            # As the power went, what was written may stand in the journal only.
            await run("e2fsck", "-y", "-E", "journal_only", self.disk)
        # What a boot loader does: kernel and initramfs come from this disk, as they are by now.
        for name in ("kernel", "initrd"):
            target = f"{self.folder}/{name}"
            await run("debugfs", "-R", f"dump {self.spec[name]} {target}", self.disk)
            if not os.path.exists(target) or os.path.getsize(target) == 0:
                raise RuntimeError(f"{self.name}: no {self.spec[name]} on its disk")

    def command(self, serial):
        yield from ("qemu-system-x86_64", "-name", self.name, "-machine", "q35", "-m", f"{self.spec['memoryMiB']}")
        # `max` damages strings under QEMU 7.2; without a bound on translated code, a machine grows to 1.5 GB.
        yield from ("-accel", "tcg,tb-size=96", "-cpu", "Nehalem", "-nodefaults", "-no-user-config", "-display", "none")
        # `watch` switches it on again, with what is on the disk by then.
        yield "-no-reboot"
        yield from ("-kernel", f"{self.folder}/kernel", "-initrd", f"{self.folder}/initrd")
        yield from ("-append", " ".join(self.kernel_arguments()))
        yield from self.drive("disk", self.disk, "cache=unsafe")
        if self.is_new:
            yield from self.drive("extras", f"{self.folder}/extras.tar", "readonly=on")
        yield from ("-netdev", f"tap,id=net,ifname={self.tap},script=no,downscript=no")
        yield from ("-device", f"virtio-net-pci,netdev=net,mac={self.mac},romfile=")
        yield from ("-chardev", f"socket,id=agent,fd={serial}", "-serial", "chardev:agent")
        yield from ("-chardev", "file,id=console,path=/dev/stdout", "-serial", "chardev:console")

    def drive(self, name, path, more):
        yield from ("-drive", f"if=none,id={name},format=raw,file={path},{more}")
        yield from ("-device", f"virtio-blk-pci,drive={name}")

    def kernel_arguments(self):
        yield from ("root=LABEL=root", "rw", "quiet", "console=ttyS1", "net.ifnames=0", "mitigations=off")
        if self.is_new:
            yield FIRST_START
        yield from self.spec["kernelArguments"]

    def set_up_process(self):
        linux.die_with_parent()
