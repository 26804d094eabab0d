#!/usr/bin/env python3
"""Writes pipeline/BENCHMARKS.md from what came of the races: the files in target/bench/results."""

import json
from pathlib import Path

import growth
import project
import table
from run import RESULTS, heading

REPORT = project.ROOT / "pipeline" / "BENCHMARKS.md"
MICRO = RESULTS / "micro.txt"
ORDER = ["start-up", "validate", "check", "hash", "release", "verify", "diff of files", "diff of releases"]

HEAD = """\
# Benchmarks

Whole processes, run in turn on the same cores (affiant, peer, affiant, peer, ...), their files in the page cache: they
are read before a race, and what racers write is deleted only after it. The ratio is to the first line of its table, taken
round by round; the peak is that of a command's largest process. Absolute times hold for the machine and the day; the
ratios are what counts. Whether an answer was right was asked of every command: of the whole work, or of the same work
with faults planted. Where a goal is missed, it is said by what factor, and what whoever did nothing but a part of the
work would reach, as other commands of the race do that part, one behind the other: where they fall short, too, the goal is
out of reach of them together. Reading alone is `cat`, with as many files at a time as `xargs` gives it. MB/s are those of
the input. A stage may hold 128 MiB of memory and 32 bytes a claim.

    make bench                               the peers that are there
    make bench-peers                         installs the peers first; REPORT=1 writes this file
    make bench STAGE=diff CLAIMS=100000      one stage, one size; also ROUNDS=3, THREADS=1
    make bench-growth                        time and memory against claims and threads
    make bench-growth CLAIMS=10000000 STAGE=verify    adds another size to that, a stage at a time
    make bench-micro                         the inner loops
"""


def records():
    """What came of the races of the tool as it is built now; a race of an earlier build says nothing of it."""
    files = [file for file in RESULTS.glob("*.json") if file.name != growth.RESULT.name]
    found = [record for record in map(json.loads, map(Path.read_text, files)) if record.get("binary") == project.binary()]
    return sorted(found, key=lambda record: (record["claims"], ORDER.index(record["race"]), record["threads"]))


def goals(found):
    """All goals of all races in one table."""
    rows = [["stage", "claims", "goal", "reached"]]
    for record in found:
        for goal in record["goals"]:
            rows.append([record["race"], f"{record['claims']:,}" if record["claims"] else "", goal["goal"], goal["says"]])
    return table.markdown(rows)


def race(record):
    versions = [f"{name} {version}" for name, version in record["versions"].items() if version]
    origin = f"{record['date']}, commit {record['commit']}"
    peers = f"; {', '.join(versions)}" if versions else ""
    return f"## {heading(record).removeprefix('== ')}\n\n{table.markdown(table.of_race(record))}\n\n{origin}{peers}.\n"


def machines(found):
    return "".join(f"\n{name}\n" for name in dict.fromkeys(record["machine"] for record in found))


def grown():
    """What `growth.py` measured last, be it of an earlier build: ten million claims take most of an hour."""
    if not growth.RESULT.exists():
        return []
    record = json.loads(growth.RESULT.read_text())
    rows = table.markdown(growth.rows(record["points"]))
    return [f"## Growth\n\n{growth.LEGEND}{growth.disturbed(record)}\n\n{rows}\n\n{record['date']}, commit {record['commit']}.\n"]


def inner_loops():
    """What divan printed."""
    return [f"## Inner loops\n\n```text\n{MICRO.read_text().strip()}\n```\n"] if MICRO.exists() else []


def main():
    found = records()
    parts = [HEAD + machines(found), f"## Goals\n\n{goals(found)}\n", *map(race, found), *grown(), *inner_loops()]
    REPORT.write_text("\n".join(parts))
    print(f"written: {REPORT.relative_to(project.ROOT)}")


main()
