"""Hash: the digests of many small texts."""

import re
import shlex

from goal import Faster, Within
from project import AFFIANT
from race import Answer, Race, Racer, says_nothing, shell


def races(workload, threads):
    folder = workload.v1 / "texts"
    found = f"find {shlex.quote(str(folder))} -type f -print0 | xargs -0"
    split = f"{found} -P{threads} -n 2000"
    parts = shlex.quote(str(workload.place / "digests"))

    def in_parts(command):
        """Several processes, each with a file of its own: in one file they would cut into each other's lines."""
        own = f"--process-slot-var=SLOT sh -c 'exec {command} \"$@\" >>{parts}.$SLOT' sh"
        return shell(f"rm -f {parts}.*; {split} {own} && cat {parts}.*")

    def judge(run):
        return judged(run, workload.texts)

    racers = [
        Racer("affiant", [AFFIANT, "hash", "--threads", threads, workload.v1], judge),
        Racer("sha256sum", shell(f"{found} sha256sum"), judge, needs="GNU coreutils"),
        Racer("sha256sum, xargs", in_parts("sha256sum"), judge, needs="GNU coreutils"),
        Racer("openssl dgst", shell(f"{found} openssl dgst -sha256 -r"), judge, needs="openssl"),
        Racer("openssl dgst, xargs", in_parts("openssl dgst -sha256 -r"), judge, needs="openssl"),
        Racer("rhash", ["rhash", "--sha256", "--recursive", folder], judge, needs="rhash"),
        Racer("hashdeep", ["hashdeep", "-c", "sha256", f"-j{threads}", "-r", folder], judge, needs="hashdeep"),
        Racer("reading alone", shell(f"{split} cat >/dev/null"), says_nothing),
    ]
    size = sum(file.stat().st_size for file in folder.iterdir())
    goals = [Faster("sha256sum", 4, limit=("reading alone",)), Within(1.5, ["reading alone"])]
    return [Race("hash", f"hash, {workload.sources:,} texts", size, racers, goals, reads=[folder])]


def judged(run, texts):
    """Holds digests against those of Python's hashlib."""
    found = {}
    for line in run.lines():
        digest, capture = re.search(r"\b[0-9a-f]{64}\b", line), re.search(r"\bs-\d+\.\d+", line)
        if digest and capture:
            found[capture[0]] = digest[0]
    wrong = sum(found.get(capture) != digest for capture, digest in texts.items())
    return Answer(not wrong and len(found) == len(texts), f"{wrong:,} of {len(texts):,} digests wrong" if wrong else "")
