"""A machine that is a user-mode-linux kernel: a process and its children."""

import contextlib
import os
import shutil

import linux
from vm import FIRST_START, Vm


def child_of(parent):
    """The one child of a process, or None."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{name}/stat", encoding="utf-8") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == parent:
                    return int(name)
    return None


class UmlVm(Vm):
    @property
    def program(self):
        return f"{self.folder}/linux"

    async def before_start(self):
        # To reboot, the kernel would start this path again, and fail to get its card back. The path is gone by then, so
        # that the process ends and `watch` starts a new one.
        os.symlink(self.spec["kernel"], self.program)
        # Left there when the power was cut.
        shutil.rmtree(f"{self.folder}/vm", ignore_errors=True)

    def command(self, serial):
        # Process numbers of its own: all processes of this kernel end with its first one, at once.
        yield from ("unshare", "--pid", "--mount-proc", "--fork", "--kill-child")
        yield from (self.program, "umid=vm", f"uml_dir={self.folder}/", f"mem={self.spec['memoryMiB']}M")
        yield f"ubd0={self.folder}/disk.cow,{self.spec['image']}"
        if self.is_new:
            yield from (f"ubd1r={self.folder}/extras.tar", FIRST_START)
        yield from ("root=/dev/ubda", "rw", "quiet", "con=null", "con0=null,fd:1", f"ssl0=fd:{serial}")
        yield f"vec0:transport=tap,ifname={self.tap},depth=64,gro=0,mac={self.mac}"
        # 512 old-style terminals would keep udev busy for ten seconds.
        yield from ("pty.legacy_count=0", "selinux=0", *self.spec["kernelArguments"])

    def set_up_process(self):
        """In the new process, before it becomes `unshare`."""
        linux.die_with_parent()
        if self.spec["libraries"]:
            linux.unshare(linux.CLONE_NEWNS)
        for target, source in self.spec["libraries"].items():
            linux.bind(source, target)

    def has_booted(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.program)

    def processor(self):
        return child_of(self.process.pid) or self.process.pid
