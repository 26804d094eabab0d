#!/usr/bin/env python3
"""Measures how the time and the memory of each stage grow with the number of claims, and with threads.

`make bench-growth` builds and runs this. What is measured later of the same program is added: ten million claims take
tens of GB and half an hour, stage by stage.
"""

import argparse
import importlib
import json
import math
import time

import machine
import project
import table
from race import Track, why_not
from workload import Workload

STAGES = ["validate", "check", "hash", "release", "verify", "diff"]
SIZES = [10_000, 100_000, 1_000_000]
THREADS = [1, 2]
HEAD = ["", "claims", "1 thread, s", "2 threads, s", "speed-up", "cpu s", "peak MiB", "MiB read", "exponent", "bytes a claim", "answer"]
LEGEND = """\
Processor time and peak are those of two threads. An exponent of 1.00 is linear: ten times the claims take ten times the
processor time. The bytes a claim are how much higher the peak is than that of the next smaller size, for each claim more.
Of data that are larger than the memory beside them, reading them from the disk is measured, too."""
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
    own = [racer for racer in race.racers if racer.name.split(",")[0] == "affiant"]
    race.racers = [racer for racer in own if not why_not(racer, claims)]
    for racer in race.racers:
        racer.probes = []
    bystanders = machine.Bystanders()
    results = Track(threads, project.BENCH).race(race, claims, rounds)
    for result in results:
        work = race.name + result.name.removeprefix("affiant")
        yield {
            "work": work, "claims": claims, "threads": threads, "wall": result.median("wall"),
            "cpu": result.median("cpu"), "peak": result.peak, "read": result.median("read"),
            "is_right": result.answer.is_right is not False, "others": bystanders.cores(),
        }


def rows(points):
    """The table of all points: one row for each work and size."""
    at = {(point["work"], point["claims"], point["threads"]): point for point in points}
    works = dict.fromkeys(point["work"] for point in points)
    sizes = {work: sorted({point["claims"] for point in points if point["work"] == work}) for work in works}
    steps = ((work, smaller, claims) for work in works for smaller, claims in zip([None, *sizes[work]], sizes[work]))
    return [HEAD, *(row(at, work, claims, smaller) for work, smaller, claims in steps)]


def row(at, work, claims, smaller):
    """One size of some work, and how it grew from the smaller one."""
    one, two = (at[work, claims, threads] for threads in THREADS)
    before = at.get((work, smaller, THREADS[-1]))
    grown = ["", ""]
    if before:
        exponent = math.log(two["cpu"] / before["cpu"]) / math.log(claims / smaller)
        grown = [f"{exponent:.2f}", str(round((two["peak"] - before["peak"]) / (claims - smaller)))]
    return [
        work, f"{claims:,}", table.seconds(one["wall"]), table.seconds(two["wall"]), f"{one['wall'] / two['wall']:.2f}",
        table.seconds(two["cpu"]), f"{two['peak'] / 2**20:.0f}", f"{two['read'] / 2**20:.1f}", *grown,
        "right" if one["is_right"] and two["is_right"] else "WRONG",
    ]


def disturbed(record):
    """A sentence on what else the machine did."""
    cores = [point["others"] for point in record["points"] if point["others"] is not None]
    return f" Other processes used up to {max(cores):.1f} cores." if cores else ""


def earlier():
    """The points that were measured of the same program before."""
    if not RESULT.exists():
        return []
    record = json.loads(RESULT.read_text())
    return record["points"] if record["binary"] == project.binary() else []


def joined(before, now):
    """All points, each of those that were measured again as it is now."""
    def place(point):
        return point["work"], point["claims"], point["threads"]

    return list({place(point): point for point in [*before, *now]}.values())


def main():
    words = arguments()
    _turn = project.turn()
    print(machine.description(), flush=True)
    found = joined(earlier(), measure(words.stage or STAGES, words.claims or SIZES, words.rounds))
    record = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()), "commit": project.commit(), "binary": project.binary(),
        "machine": machine.description(), "points": found,
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    print(f"\n{table.aligned(rows(found))}\n\n{LEGEND}{disturbed(record)}")


if __name__ == "__main__":
    main()
