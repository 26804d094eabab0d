"""Release: a dataset checked, sorted, sealed and written.

What one racer wrote is put aside and on the disk before the next one starts. It is deleted when the race is over: for
some time after many files were deleted, a file system like ext4 takes ten times as long to make new ones.
"""

import filecmp
import itertools
import os
import shlex
import shutil

from goal import Peak, Within, memory_bound
from project import AFFIANT
from race import Answer, Race, Racer, ends_well, says_nothing, shell

# The largest race in which a second release is cut each round.
MOST = 1_000_000


def races(workload, threads):
    out, aside = workload.place / "released", workload.place / "put-aside"
    for left_over in (out, aside):
        shutil.rmtree(left_over, ignore_errors=True)
    numbers = itertools.count()
    sorted_dataset = workload.release(1) / "data"

    def judge(run):
        return judged(run, out / "1.0.0", workload.release(1))

    def put_aside():
        aside.mkdir(exist_ok=True)
        if out.exists():
            out.rename(aside / str(next(numbers)))
        os.sync()

    def release(dataset):
        return [*workload.cut(dataset, "1.0.0", out), "--threads", threads]

    check = "affiant check, the same data"
    racers = [
        Racer("affiant", release(workload.v1), judge, after=put_aside),
        Racer("affiant, sorted input", release(sorted_dataset), judge, after=put_aside, most=MOST),
        Racer(check, [AFFIANT, "check", "--threads", threads, workload.v1]),
        Racer("copying to the disk", copying(workload.v1, out, threads), says_nothing, after=put_aside),
    ]
    size = workload.lines("v1").stat().st_size
    goals = [Within(1.6, [check], limit=(check, "copying to the disk")), Peak(memory_bound(workload.claims))]
    return [Race("release", "release", size, racers, goals, reads=[workload.v1, sorted_dataset], after=lambda: shutil.rmtree(aside))]


def copying(dataset, out, threads):
    """Makes the same files again, by so many processes, and waits for the disk, as affiant does before it says that there
    is a release."""
    copy = f"cd {shlex.quote(str(dataset))} && find . -type f -print0 | xargs -0 -P{threads} -n 2000 cp --parents -t"
    return shell(f"mkdir {shlex.quote(str(out))} && {copy} {shlex.quote(str(out))} && sync -f {shlex.quote(str(out))}")


def judged(run, release, other):
    """The records of one release are, byte for byte, those of another: sorted or not, with any number of threads."""
    if run.exit != 0:
        return ends_well(run)
    differ = [name for name in ("claims", "statuses", "sources")
              if not filecmp.cmp(release / f"data/{name}.jsonl", other / f"data/{name}.jsonl", shallow=False)]
    return Answer(not differ, f"other {', '.join(differ)} than before" if differ else "")
