#!/usr/bin/env python3
"""Measures how the time and the memory of each stage grow with the number of claims, and with threads.

`make bench-growth` builds and runs this. An exponent of 1.00 is linear time: ten times the claims, ten times as long.
"""

import argparse
import importlib
import json
import math
import time

import machine
import project
import table
from race import Track
from workload import Workload

STAGES = ["validate", "check", "hash", "release", "verify", "diff"]
SIZES = [10_000, 100_000, 1_000_000]
THREADS = [1, 2]
RESULT = project.BENCH / "results" / "growth.json"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", nargs="*", choices=STAGES, default=[])
    parser.add_argument("--claims", nargs="*", type=int, default=[], help="sizes [default: 10000 100000 1000000]")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def measure(stages, sizes, rounds):
    """A point for each work of affiant's, each size and each number of threads."""
    for claims in sizes:
        workload = Workload(claims)
        for stage in stages:
            for threads in THREADS:
                for race in importlib.import_module(f"stages.{stage}").races(workload, threads):
                    yield from points(race, claims, threads, rounds)


def points(race, claims, threads, rounds):
    race.racers = [racer for racer in race.racers if racer.name.split(",")[0] == "affiant"]
    for racer in race.racers:
        racer.probes = []
    for result in Track(threads, project.BENCH).race(race, claims, rounds):
        work = race.name + result.name.removeprefix("affiant")
        yield {
            "work": work, "claims": claims, "threads": threads, "wall": result.median("wall"),
            "cpu": result.median("cpu"), "peak": result.peak, "is_right": result.answer.is_right is not False,
        }


def rows(points):
    """The table of all points: one row for each work and size."""
    at = {(point["work"], point["claims"], point["threads"]): point for point in points}
    head = ["", "claims"]
    for threads in THREADS:
        head += [f"{threads} thread{'s' if threads > 1 else ''}, s", "exponent"]
    head += ["speed-up", "cpu s", "peak MiB", "answer"]
    body = []
    for work, claims in dict.fromkeys((work, claims) for work, claims, _ in at):
        one, two = (at[work, claims, threads] for threads in THREADS)
        row = [work, f"{claims:,}"]
        for point in (one, two):
            row += [table.seconds(point["wall"]), exponent(at, point)]
        row += [f"{one['wall'] / two['wall']:.2f}", table.seconds(two["cpu"]), f"{two['peak'] / 2**20:.0f}"]
        body.append([*row, "right" if one["is_right"] and two["is_right"] else "WRONG"])
    return [head, *sorted(body, key=lambda row: [other[0] for other in body].index(row[0]))]


def exponent(at, point):
    """The power of the number of claims that the time grew with since the next smaller size."""
    sizes = [claims for work, claims, threads in at if (work, threads) == (point["work"], point["threads"])]
    smaller = max((claims for claims in sizes if claims < point["claims"]), default=None)
    if not smaller:
        return ""
    before = at[point["work"], smaller, point["threads"]]
    return f"{math.log(point['wall'] / before['wall']) / math.log(point['claims'] / smaller):.2f}"


def main():
    words = arguments()
    print(machine.description(), flush=True)
    found = list(measure(words.stage or STAGES, words.claims or SIZES, words.rounds))
    record = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()), "commit": project.commit(), "machine": machine.description(),
        "points": found,
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    print(table.aligned(rows(found)))


if __name__ == "__main__":
    main()
