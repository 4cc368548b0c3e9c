"""Runs a command and prints what it took as JSON: {"status", "wallSeconds", "cpuSeconds", "peakMebibytes"}.

Processes that outlive the command (the connections that Ansible keeps open) are ended and counted as well, so that no
program looks cheaper for having left its work to a daemon. The peak is that of the largest single process.
Usage: measure.py COMMAND [WORD...]; what the command prints goes to stderr.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def children() -> list[int]:
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def main() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    begun = time.monotonic()
    status = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=2, check=False).returncode
    wall = time.monotonic() - begun
    while left := children():
        for pid in left:
            os.kill(pid, signal.SIGTERM)
        os.waitpid(-1, 0)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        json.dumps(
            {
                "status": status,
                "wallSeconds": wall,
                "cpuSeconds": used.ru_utime + used.ru_stime,
                "peakMebibytes": used.ru_maxrss / 1024,
            }
        )
    )


main()
