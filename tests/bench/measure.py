"""Runs one command and prints what it cost: wall, user and system seconds, peak bytes, bytes read and exit code.

usage: measure.py CORES SECONDS OUTPUT COMMAND ...

A program of its own, and a small one: the kernel counts what a parent holds as the first peak of its child. CORES are
those the command may run on (`0,1`; `-` is all); after so many SECONDS it is killed; OUTPUT takes what it prints. Bytes
read are all that it asked of the kernel, from memory or from disk; 0 where the kernel does not count them.
"""

import os
import signal
import sys
import time

ERRORS = 2


def spawn(output, command):
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, ERRORS),
    ]
    return os.posix_spawnp(command[0], command, os.environ, file_actions=files, setpgroup=0)


def bytes_read(process):
    """What a process that has ended, and is not waited for yet, has read."""
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    try:
        with open(f"/proc/{process}/io", encoding="ascii") as counts:
            return next(int(line.split()[1]) for line in counts if line.startswith("rchar"))
    except OSError:
        return 0


def main(cores, seconds, output, *command):
    if cores != "-":
        os.sched_setaffinity(0, [int(core) for core in cores.split(",")])
    start = time.monotonic()
    process = spawn(output, command)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(process, signal.SIGKILL))
    signal.alarm(int(seconds))
    try:
        read = bytes_read(process)
        wall = time.monotonic() - start
        _, status, usage = os.wait4(process, 0)
    except BaseException:
        os.killpg(process, signal.SIGKILL)
        raise
    unit = 1 if sys.platform == "darwin" else 1024
    print(wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss * unit, read, os.waitstatus_to_exitcode(status))


main(*sys.argv[1:])
