#!/usr/bin/env python3
"""Runs all tests, or the kinds named: rust, conformance, own_words, clients, exact, never_half, memory, bench.

A test that cannot run here prints `NOT RUN: name (why)`. The last line names everything that was left out.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SUITES = Path(os.environ.get("AFFIANT_SUITES", ROOT.parent / "shared" / "suites"))
TEXTS = Path(os.environ.get("AFFIANT_TEXTS", ROOT.parent / "shared" / "seeds"))
VENV = TARGET / "venv"
CARGO_TEST = ["cargo", "test", "--release"]
CLIENTS = sorted((ROOT / "tests" / "clients").glob("*_client.py"))

KINDS = {
    "rust": [[*CARGO_TEST, "--", "--quiet", "--skip", "conformance::"]],
    "conformance": [[*CARGO_TEST, "--test", "suite", "--", "conformance::"]],
    "own_words": [[*CARGO_TEST, "--test", "suite", "--", "own_words::"]],
    "clients": [[sys.executable, str(client)] for client in CLIENTS],
    "exact": [[sys.executable, "tests/exact.py"]],
    "never_half": [[sys.executable, "tests/never_half.py"]],
    "memory": [[sys.executable, "tests/memory.py"]],
    "bench": [[sys.executable, "tests/bench/judges.py"]],
}

# What a kind cannot run without, and where that is looked for: it is no part of the project.
NEEDS = {"conformance": ("suites", SUITES), "own_words": ("withheld texts", TEXTS)}


class Tally:
    """What ran, what failed and what was left out, read from the output of the tests."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.broken = []
        self.not_run = []

    def run(self, kind, command):
        print(f"== {kind}: {Path(command[-1]).name if kind == 'clients' else ' '.join(command)}", flush=True)
        before = (self.passed, self.failed, len(self.not_run))
        environment = {**os.environ, "AFFIANT_TARGET": str(TARGET), "AFFIANT_SUITES": str(SUITES),
                       "AFFIANT_TEXTS": str(TEXTS)}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for line in process.stdout:
            print(line, end="", flush=True)
            self.read(line)
        if process.wait() != 0 or before == (self.passed, self.failed, len(self.not_run)):
            self.broken.append(kind)

    def read(self, line):
        if missing := re.match(r"NOT RUN: (.+)", line):
            self.not_run.append(missing[1])
        elif counts := re.search(r"\b(\d+) passed[;,] (\d+) failed", line):
            self.passed += int(counts[1])
            self.failed += int(counts[2])

    def last_line(self):
        if self.broken:
            return f"FAILED: {', '.join(dict.fromkeys(self.broken))}"
        ran = "all tests passed" if self.passed else "no test ran"
        return f"{ran}; NOT RUN: {', '.join(self.not_run)}" if self.not_run else f"{ran}, none left out"


def main(kinds):
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        sys.exit(f"no such kind of test: {', '.join(unknown)}\n{__doc__}")
    tally = Tally()
    if not {"clients", "never_half"}.isdisjoint(kinds):
        subprocess.run(["sh", "tests/install.sh", VENV], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    for kind in kinds:
        what, where = NEEDS.get(kind, (None, ROOT))
        if not where.is_dir():
            line = f"NOT RUN: {kind} (no {what} at {os.path.relpath(where, ROOT)})"
            print(line)
            tally.read(line)
            continue
        for command in KINDS[kind]:
            tally.run(kind, command)
    print(f"\n{tally.passed} passed, {tally.failed} failed\n{tally.last_line()}")
    sys.exit(1 if tally.broken or tally.failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:] or list(KINDS))
