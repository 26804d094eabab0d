"""The machine: its processor and its cores."""

import os
import platform
import re
import time
from pathlib import Path

# What a processor may have that hashing and parsing are faster with.
EXTENSIONS = ("sha_ni", "avx2", "avx512f")


def cores(threads):
    """So many cores that this process may run on, as `measure.py` takes them; all where a system cannot pin."""
    if not hasattr(os, "sched_getaffinity"):
        return "-"
    return ",".join(map(str, sorted(os.sched_getaffinity(0))[:threads]))


def processor():
    """Its name and its extensions."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.exists() else ""
    name = re.search(r"model name\s*:\s*(.+)", text)
    flags = re.search(r"flags\s*:\s*(.+)", text)
    known = [word for word in EXTENSIONS if flags and word in flags[1].split()]
    return f"{name[1] if name else platform.processor() or platform.machine()} ({', '.join(known) or 'extensions unknown'})"


def description():
    """The machine in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"


class Bystanders:
    """The processes that are none of ours, from now on."""

    def __init__(self):
        self.start, self.others = time.monotonic(), self._seconds()

    def cores(self):
        """How many cores they have used, on average; none where the system does not tell."""
        if self.others is None:
            return None
        return max(0.0, (self._seconds() - self.others) / (time.monotonic() - self.start))

    @staticmethod
    def _seconds():
        """Processor seconds of all processes but this one and those that it has waited for."""
        try:
            line = Path("/proc/stat").read_text().split("\n")[0]
        except OSError:
            return None
        user, nice, system, _idle, _waiting, interrupt, soft, stolen = map(int, line.split()[1:9])
        return (user + nice + system + interrupt + soft + stolen) / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])
