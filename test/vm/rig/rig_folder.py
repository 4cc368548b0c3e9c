"""The folder that a rig's files lie in, and what becomes of it when the rig is killed."""

import glob
import os
import re
import shutil
import tempfile


def start_time(pid):
    """Clock ticks after boot at which a process began, or None: tells a process from a later one with its number."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[19]
    except OSError:
        return None


def make_rig_folder(prefix):
    """Makes this process's folder, and removes those that killed rigs left: they hold files, but no process or mount."""
    for folder in glob.glob(f"{tempfile.gettempdir()}/{prefix}*"):
        name = re.fullmatch(r"(\d+)-(\d+)", os.path.basename(folder)[len(prefix) :])
        if name and start_time(name[1]) != name[2]:
            shutil.rmtree(folder, ignore_errors=True)
    folder = f"{tempfile.gettempdir()}/{prefix}{os.getpid()}-{start_time(os.getpid())}"
    os.mkdir(folder, mode=0o700)
    return folder
