#!/usr/bin/env python3
"""A million claims in bounded memory: no command's resident set may pass its bound. Needs 8 GiB of disk for a while.

The diff is held against the answer key too, as in exact.py.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "clients"))
import exact  # noqa: E402
import tool  # noqa: E402

CLAIMS = 1_000_000
SOURCES = 20_000
# Largest resident set in MiB: what four threads took, and about a fifth more.
MOST_MIB = {"check": 134, "release": 166, "verify": 146, "export": 288, "diff": 188}


def peak(*command):
    """Exit code, output and largest resident set in MiB of a command."""
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return process.returncode, output, usage.ru_maxrss / unit


def main():
    folder = tool.TARGET / "million"
    shutil.rmtree(folder, ignore_errors=True)
    checks = tool.Checks("memory")

    def expect(verb, *arguments, says=f"{CLAIMS:,} claims"):
        exit_code, output, mib = peak(tool.AFFIANT, verb, *arguments)
        done = exit_code == 0 and says in output
        print("" if done else output, end="")
        most = MOST_MIB[verb]
        checks.expect(f"of `{verb}` peaks at {mib:.0f} MiB of {most}", done and mib <= most)
        return output

    try:
        exact.generate(folder, CLAIMS, SOURCES)
        key, out = folder / "key", folder / "releases"
        tool.must(tool.THROWAWAY_KEY, key)
        trust = folder / "key.allowed_signers"
        expect("check", folder / "v1")
        expect("release", folder / "v1", "--version", "1.0.0", "--date", tool.DATE, "--key", key, "--out", out)
        expect("verify", out / "1.0.0", "--trust", trust, "--no-state")
        # SQLite is left out for its time: what it holds is its page cache, whatever the number of claims.
        expect("export", out / "1.0.0", "--trust", trust, "--out", folder / "tables", "--format", "csv,parquet")
        shutil.rmtree(folder / "tables", ignore_errors=True)
        lines = expect("diff", out / "1.0.0", folder / "v2", "--trust", trust, "--format", "jsonl", "--limit", 0,
                       says='"roots"')
        exact.judge(checks, folder, lines.splitlines())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    checks.end()


main()
