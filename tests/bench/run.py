#!/usr/bin/env python3
"""Races affiant's stages against the peers that are installed, and says whether each answer was right.

`make bench` builds and runs this; `make bench-peers` installs the peers first. What came of a race is kept in
target/bench/results, from which `report.py` writes pipeline/BENCHMARKS.md.
"""

import argparse
import importlib
import json
import sys
import time

import machine
import peer
import project
import table
from race import Track
from workload import Workload

STAGES = ["validate", "check", "hash", "release", "verify", "diff"]
SIZES = [100_000, 1_000_000]
RESULTS = project.BENCH / "results"


def tell(what):
    """Says what is going on, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", nargs="*", choices=[*STAGES, "start_up"], default=[])
    parser.add_argument("--claims", nargs="*", type=int, default=[], help="sizes [default: 100000 1000000]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="threads, and cores that every racer may run on")
    return parser.parse_args()


def races(stage, claims, threads):
    module = importlib.import_module(f"stages.{stage}")
    tell(f"{stage}: making a workload of {claims:,} claims")
    return module.races(threads) if stage == "start_up" else module.races(Workload(claims), threads)


def run(stage, claims, rounds, threads):
    """Runs the races of a stage; what came of each is printed and kept."""
    track = Track(threads, project.BENCH)
    for race in races(stage, claims, threads):
        bystanders = machine.Bystanders()
        results = track.race(race, claims, rounds, tell)
        record = recorded(race, results, claims, threads, bystanders.cores())
        keep(record)
        print(f"\n{heading(record)}\n\n{table.aligned(table.of_race(record))}\n")
        print("".join(f"goal  {goal['goal']}: {goal['says']}\n" for goal in record["goals"]), end="", flush=True)


def recorded(race, results, claims, threads, others):
    """A race as it is kept: all that a table says, in seconds and bytes."""
    by_name = {result.name: result for result in results}
    return {
        "race": race.name, "title": race.title, "claims": claims, "threads": threads,
        "date": time.strftime("%Y-%m-%d", time.gmtime()), "commit": project.commit(), "binary": project.binary(),
        "machine": machine.description(), "others": others,
        "versions": {racer.needs: peer.version(racer.needs) for racer in race.racers if racer.needs},
        "results": [one_recorded(result, results[0], race.size) for result in results],
        "goals": [vars(goal.judge(by_name)) for goal in race.goals],
    }


def one_recorded(result, first, size):
    record = {"name": result.name, "not_run": result.not_run}
    if result.runs:
        record |= {
            "median": result.median("wall"), "least": result.least, "cpu": result.median("cpu"), "peak": result.peak,
            "ratio": result.times(first), "rounds": len(result.runs),
            "rate": size / result.median("wall"), "is_right": result.answer.is_right, "says": result.answer.says,
        }
    return record


def keep(record):
    RESULTS.mkdir(parents=True, exist_ok=True)
    name = f"{record['race']}-{record['claims']}-{record['threads']}".replace(" ", "_")
    (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")


def heading(record):
    size = f", {record['claims']:,} claims" if record["claims"] else ""
    busy = f"; other processes used {record['others']:.1f} cores" if record["others"] is not None else ""
    return f"== {record['title']}{size}, {record['threads']} threads{busy}"


def main():
    words = arguments()
    _turn = project.turn()
    print(machine.description())
    if not words.stage or "start_up" in words.stage:
        run("start_up", 0, None, words.threads)
    for claims in words.claims or SIZES:
        for stage in words.stage or STAGES:
            if stage != "start_up":
                run(stage, claims, words.rounds, words.threads)


if __name__ == "__main__":
    main()
