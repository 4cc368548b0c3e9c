"""One host: how its root, its network and its conntrack files are put together, and how it boots."""

import json
import os
import resource
import select
import shutil
import signal
import stat
import subprocess
import sys

import linux

HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
KEPT_OF_THE_MACHINE = {"bin", "sbin", "usr", "etc"}
OPAQUE = "trusted.overlay.opaque"


def write_tree(root, entries):
    """Lays files and folders below `root`: {path: {text | link | folder, mode, uid, gid, opaque}}."""
    for path, entry in entries.items():
        full = root + path
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if "link" in entry:
            os.symlink(entry["link"], full)
            continue
        if "folder" in entry:
            os.makedirs(full, exist_ok=True)
        else:
            with open(full, "w", encoding="utf-8", newline="") as file:
                file.write(entry["text"])
        # Opaque: nothing of the machine's own folder shows through.
        if entry.get("opaque"):
            os.setxattr(full, OPAQUE, b"y")
        os.chown(full, entry.get("uid", 0), entry.get("gid", 0))
        os.chmod(full, entry.get("mode", 0o755 if "folder" in entry else 0o644))


def write_template(template, entries):
    """The layer between the machine's own root and every host: what is hidden, and what all hosts have alike."""
    os.mkdir(template)
    write_tree(template, entries)
    for name in os.listdir("/"):
        if name in KEPT_OF_THE_MACHINE or name.startswith("lib") or os.path.lexists(f"{template}/{name}"):
            continue
        os.mknod(f"{template}/{name}", stat.S_IFCHR, 0)
    devices = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
    for name, numbers in devices.items():
        os.mknod(f"{template}/dev/{name}", stat.S_IFCHR, os.makedev(*numbers))
        os.chmod(f"{template}/dev/{name}", 0o666)


def as_started():
    """Takes back what the keeper changed for itself and its children would inherit through exec."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(name, signal.SIG_DFL)


def limit_files():
    """To what a login has; last before exec, for until then the keeper's many files are still open here."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, most), most))


class Host:
    """A host of the rig; `spec` is what rig.mjs sent, `tree` the rig's own tmpfs."""

    def __init__(self, spec, tree):
        self.spec = spec
        self.tree = tree
        self.name = spec["name"]
        self.home = f"{tree}/hosts/{self.name}"
        self.root = f"{self.home}/root"
        self.values = f"{tree}/values/{self.name}"
        self.pid = None
        self.pidfd = None
        self.boots = 0

    def prepare(self):
        for folder in ("root", "upper", "work", "proc"):
            os.makedirs(f"{self.home}/{folder}")
        os.mkdir(self.values)
        write_tree(f"{self.home}/upper", self.spec["files"])

    def start(self):
        """Forks the host's first process; returns a pipe that gives `ok` or says what went wrong."""
        self.boots += 1
        self.write_static("boot_id", f"{self.spec['bootId'][:-4]}{self.boots:04x}\n")
        with open(f"{self.values}/settings", "w", encoding="utf-8") as file:
            file.write(self.spec["settings"])
        own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        receiving, sending = os.pipe()
        linux.unshare(linux.CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            try:
                os.close(receiving)
                self.run(sending)
            except BaseException as error:  # whatever it is, the rig must hear of it
                os.write(sending, f"{type(error).__name__}: {error}"[:4000].encode())
            finally:
                os._exit(1)
        linux.setns(own_pids, linux.CLONE_NEWPID)
        os.close(own_pids)
        os.close(sending)
        self.pid = pid
        self.pidfd = os.pidfd_open(pid)
        return receiving

    def write_static(self, name, text):
        with open(f"{self.home}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(f"{self.home}/{name}", 0o444)

    def run(self, sending):
        """As process 1 of the host: build it, boot it, then sleep for as long as it is up."""
        linux.die_with_parent()
        os.setsid()
        as_started()
        nothing = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nothing, fd)
        linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC)
        linux.libc.sethostname(self.name.encode(), len(self.name))
        linux.loopback_up()
        self.mount_root()
        self.mount_conntrack()
        linux.pivot_root(self.root)
        self.boot()
        # Ignored through the exec below: what a session leaves behind is then reaped by the kernel.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        os.write(sending, b"ok")
        os.close(sending)
        limit_files()
        os.execve("/usr/bin/sleep", ["sleep", "infinity"], {})

    def mount_root(self):
        layers = f"lowerdir={self.tree}/template:/,upperdir={self.home}/upper,workdir={self.home}/work"
        linux.mount("host", self.root, "overlay", 0, layers)
        linux.mount("proc", f"{self.home}/proc", "proc")
        linux.mount("proc", f"{self.root}/proc", "proc")
        linux.mount("sysfs", f"{self.root}/sys", "sysfs")
        linux.mount("devpts", f"{self.root}/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=0620,gid=5")
        # All but net is the machine's own and must not be changed from a host.
        linux.bind(f"{self.root}/proc/sys", f"{self.root}/proc/sys", read_only=True)
        if os.path.exists(f"{self.root}/proc/sysrq-trigger"):
            linux.bind(f"{self.root}/proc/sysrq-trigger", f"{self.root}/proc/sysrq-trigger", read_only=True)
        linux.bind(f"{self.home}/boot_id", f"{self.root}/proc/sys/kernel/random/boot_id", read_only=True)
        if self.spec["meminfo"]:
            self.write_static("meminfo", self.spec["meminfo"])
            linux.bind(f"{self.home}/meminfo", f"{self.root}/proc/meminfo", read_only=True)
        for path, source in self.spec["folders"].items():
            os.makedirs(f"{self.root}{path}")
            linux.bind(source, f"{self.root}{path}", read_only=True)
        if self.spec["fullDisk"]:
            self.fill_disk()

    def fill_disk(self):
        """/etc/sysctl.d and its like lie on a file system of their own that has no block left."""
        disk = f"{self.home}/disk"
        os.mkdir(disk)
        linux.mount("disk", disk, "tmpfs", 0, "size=64k,mode=755")
        for folder in ("sysctl.d", "modprobe.d", "modules-load.d"):
            shutil.copytree(f"{self.root}/etc/{folder}", f"{disk}/{folder}", symlinks=True)
            linux.bind(f"{disk}/{folder}", f"{self.root}/etc/{folder}")
        with open(f"{disk}/filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass

    def mount_conntrack(self):
        sys_net = f"{self.root}/proc/sys/net"
        family = self.spec["family"]
        if family == "container":
            hashsize = f"{self.root}/sys/module/nf_conntrack/parameters/hashsize"
            linux.bind(hashsize, hashsize)
        linux.mount(None, f"{self.root}/sys", None, linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY)
        if family == "container":
            linux.bind(f"{self.home}/proc/sys/net", sys_net, read_only=self.spec["readOnly"])
        elif family == "ip":
            self.mount_legacy(sys_net)
        else:
            self.mirror_net(sys_net)
            for name in ("max", "buckets", *(["count"] if self.spec["countGiven"] else [])):
                self.stand_in(name, f"{sys_net}/netfilter/nf_conntrack_{name}")
            self.stand_in("max", f"{sys_net}/nf_conntrack_max", create=True)
            self.stand_in("hashsize", f"{self.root}/sys/module/nf_conntrack/parameters/hashsize")
            if self.spec["module"] != "loaded":
                self.hide_module(sys_net)

    def stand_in(self, name, target, create=False):
        if create:
            open(target, "x", encoding="utf-8").close()
        linux.bind(self.plain(name) if self.spec["plainValues"] else f"{self.values}/{name}", target, self.spec["readOnly"])

    def plain(self, name):
        """A plain file with the value: no rules of a kernel, and no process between it and who reads it."""
        path = f"{self.home}/value-{name}"
        if not os.path.exists(path):
            settings = json.loads(self.spec["settings"])
            value = {"max": settings["max"], "count": settings["count"]}.get(name, settings["hashsize"])
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"{value}\n")
        return path

    def mirror_net(self, target, without=()):
        """A folder with the host's own /proc/sys/net, in which names can be added or left out."""
        linux.mount("net" if not without else "module-" + self.spec["module"], target, "tmpfs", 0, "mode=555")
        self.mirror(f"{self.home}/proc/sys/net", target, without)

    def mirror(self, source, target, without=()):
        for name in os.listdir(source):
            if name in without:
                continue
            if os.path.isdir(f"{source}/{name}"):
                os.mkdir(f"{target}/{name}", 0o555)
            else:
                open(f"{target}/{name}", "x", encoding="utf-8").close()
            linux.bind(f"{source}/{name}", f"{target}/{name}", self.spec["readOnly"])

    def hide_module(self, sys_net):
        """Covers all that nf_conntrack shows; the hosts' modprobe takes the covers off (see layout.mjs)."""
        others = os.listdir(f"{self.root}/sys/module")
        self.mirror_net(sys_net, without=("netfilter",))
        os.mkdir(f"{sys_net}/netfilter", 0o555)
        source = f"{self.home}/proc/sys/net/netfilter"
        conntrack = [name for name in os.listdir(source) if name.startswith("nf_conntrack")]
        self.mirror(source, f"{sys_net}/netfilter", without=conntrack)
        linux.mount(f"module-{self.spec['module']}", f"{self.root}/sys/module", "tmpfs", 0, "mode=755")
        for name in others:
            if "conntrack" not in name:
                os.mkdir(f"{self.root}/sys/module/{name}")

    def mount_legacy(self, sys_net):
        """Linux 2.6 before nf_conntrack: other names, in other places."""
        self.mirror_net(sys_net, without=("netfilter", "ipv4"))
        os.mkdir(f"{sys_net}/ipv4", 0o555)
        self.mirror(f"{self.home}/proc/sys/net/ipv4", f"{sys_net}/ipv4")
        os.mkdir(f"{sys_net}/ipv4/netfilter", 0o555)
        self.stand_in("max", f"{sys_net}/ipv4/ip_conntrack_max", create=True)
        names = {"max": "max", "buckets": "buckets_readonly", "count": "count"}
        names |= {name: name for name in self.spec["seconds"]}
        for name, source in names.items():
            self.stand_in(source, f"{sys_net}/ipv4/netfilter/ip_conntrack_{name}", create=True)
        linux.mount("modules", f"{self.root}/sys/module", "tmpfs", 0, "mode=755")
        os.makedirs(f"{self.root}/sys/module/ip_conntrack/parameters")
        self.stand_in("hashsize", f"{self.root}/sys/module/ip_conntrack/parameters/hashsize", create=True)
        # What tells a loaded module from one that is part of the kernel.
        with open(f"{self.root}/sys/module/ip_conntrack/initstate", "w") as state:
            state.write("live\n")
        linux.pretend_linux_2_6()

    def boot(self):
        """Sets the values asked for; from the second boot on, what the host's files say, as systemd does it."""
        for path, text in self.spec["values"].items():
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        if self.boots > 1:
            for path in ("/run/sudo", "/run/lock", "/tmp"):
                shutil.rmtree(path, ignore_errors=True)
            os.makedirs("/tmp", exist_ok=True)
            os.chmod("/tmp", 0o1777)
            subprocess.run(["/usr/local/sbin/boot"], check=False, env={"PATH": HOST_PATH}, cwd="/")

    def session(self, connection):
        """Forks an sshd for one connection, inside the host."""
        own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        linux.setns(self.pidfd, linux.CLONE_NEWPID)
        if os.fork() == 0:
            try:
                as_started()
                log = os.open(f"{self.home}/sshd.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                namespaces = linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC
                linux.setns(self.pidfd, namespaces)
                os.setsid()
                if self.spec["family"] == "ip":
                    linux.pretend_linux_2_6()
                os.dup2(connection.fileno(), 0)
                os.dup2(connection.fileno(), 1)
                os.dup2(log, 2)
                limit_files()
                os.execve("/usr/sbin/sshd", ["/usr/sbin/sshd", "-i", "-e"], {"PATH": HOST_PATH})
            except BaseException as error:  # the client sees a closed connection; the rig tells why when it stops
                print(f"{self.name}: no session: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            finally:
                os._exit(127)
        linux.setns(own_pids, linux.CLONE_NEWPID)
        os.close(own_pids)

    def send_kill(self):
        try:
            if self.pidfd is not None:
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def kill(self):
        """Ends every process of the host and waits for that; the kernel then drops its mounts and its network."""
        if self.pidfd is None:
            return
        self.send_kill()
        ended = select.poll()
        ended.register(self.pidfd, select.POLLIN)
        ended.poll()
        os.close(self.pidfd)
        self.pid = self.pidfd = None
