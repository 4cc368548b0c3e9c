"""The global conntrack values, one private set for each host, as files that refuse what a kernel refuses.

A child network namespace has timeouts of its own but shares max, buckets and hashsize with the machine. This FUSE
file system stands in for them: a folder for each host, made by mkdir, whose files are bound over the kernel's.
Rules as in nf_conntrack_hash_resize() and proc_dointvec() of Linux 6.1 to 6.18 with 4 KiB pages.
"""

import errno
import json
import os
import re
import stat
import time

from fusepy import FUSE, FuseOSError, Operations

INT_MAX = 2**31 - 1
BUCKETS_A_PAGE = 512
NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|[0-9]+")


def parse(text):
    """A number as strtoul(base 0) reads it; ValueError for anything else."""
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    return int(text, 8 if text.startswith("0") else 10)


def invalid():
    return FuseOSError(errno.EINVAL)


class Table:
    """One host's conntrack table."""

    def __init__(self):
        self.max = 262144
        self.hashsize = 65536
        self.count = 0
        self.refuse_zero = False
        self.seconds = {}

    def modes(self):
        fixed = {"max": 0o644, "buckets": 0o644, "buckets_readonly": 0o444, "count": 0o444, "hashsize": 0o600}
        return {**fixed, "settings": 0o600, **{name: 0o644 for name in self.seconds}}

    def read(self, name):
        if name == "settings":
            return ""
        if name in self.seconds:
            return str(self.seconds[name])
        return str(self.hashsize if name.startswith("buckets") else getattr(self, name))

    def write(self, name, text):
        if name == "settings":
            self.set_up(json.loads(text))
        elif name == "hashsize":
            self.resize(self.module_parameter(text))
        elif name == "buckets":
            self.resize(self.sysctl(text) % 2**32)
        elif name == "max":
            value = self.sysctl(text)
            if value < (1 if self.refuse_zero else 0):
                raise invalid()
            self.max = value
        else:
            self.seconds[name] = self.sysctl(text)

    def sysctl(self, text):
        """The first word counts, as in proc_dointvec()."""
        words = text.split()
        try:
            value = -parse(words[0][1:]) if words[0].startswith("-") else parse(words[0])
        except (IndexError, ValueError):
            raise invalid() from None
        if not -INT_MAX - 1 <= value <= INT_MAX:
            raise invalid()
        return value

    def module_parameter(self, text):
        """The whole text counts, but for one newline, as in kstrtouint()."""
        try:
            value = parse(text.removesuffix("\n").removeprefix("+"))
        except ValueError:
            raise invalid() from None
        if value >= 2**32:
            raise FuseOSError(errno.ERANGE)
        return value

    def resize(self, wished):
        if wished == 0:
            raise invalid()
        rounded = -(-wished // BUCKETS_A_PAGE) * BUCKETS_A_PAGE
        if rounded * 8 > INT_MAX:
            raise FuseOSError(errno.ENOMEM)
        self.hashsize = rounded

    def set_up(self, settings):
        """What no user of the host can do: give the table a state, by the rules where there are any."""
        if "hashsize" in settings:
            self.resize(settings.pop("hashsize"))
        vars(self).update(settings)


class Values(Operations):
    def __init__(self, on_ready):
        self.tables = {}
        self.on_ready = on_ready
        self.started = time.time()

    def init(self, path):
        self.on_ready()

    def split(self, path):
        host, _, name = path[1:].partition("/")
        table = self.tables.get(host)
        if table is None or (name and name not in table.modes()):
            raise FuseOSError(errno.ENOENT)
        return table, name

    def getattr(self, path, fh=None):
        times = dict(st_atime=self.started, st_mtime=self.started, st_ctime=self.started, st_uid=0, st_gid=0)
        table, name = (None, "") if path == "/" else self.split(path)
        if not name:
            return dict(st_mode=stat.S_IFDIR | 0o755, st_nlink=2, **times)
        return dict(st_mode=stat.S_IFREG | table.modes()[name], st_nlink=1, st_size=0, **times)

    def mkdir(self, path, mode):
        self.tables[path[1:]] = Table()

    def rmdir(self, path):
        del self.tables[path[1:]]

    def readdir(self, path, fh):
        return [".", "..", *(self.tables if path == "/" else self.split(path)[0].modes())]

    def open(self, path, flags):
        table, name = self.split(path)
        # sysctl files have no exception for root, unlike ordinary ones.
        if flags & (os.O_WRONLY | os.O_RDWR) and not table.modes()[name] & 0o200:
            raise FuseOSError(errno.EACCES)
        return 0

    def truncate(self, path, length, fh=None):
        pass

    def read(self, path, size, offset, fh):
        table, name = self.split(path)
        return f"{table.read(name)}\n".encode()[offset : offset + size]

    def write(self, path, data, offset, fh):
        table, name = self.split(path)
        if offset == 0:
            try:
                table.write(name, data.decode())
            except UnicodeDecodeError:
                raise invalid() from None
        return len(data)


def serve(mountpoint, on_ready):
    """Mounts the file system and serves it until the process ends."""
    FUSE(
        Values(on_ready),
        mountpoint,
        foreground=True,
        nothreads=True,
        direct_io=True,
        allow_other=True,
        default_permissions=True,
        fsname="conntrack-values",
    )
