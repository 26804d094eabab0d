"""Diff: exactly which claims changed, between two files as written by hand and between two releases."""

import csv
import functools
import json
import shlex

import peer
import traps
from goal import Faster, Peak, Within, memory_bound
from project import AFFIANT, SCRIPTS
from race import Answer, Probe, Race, Racer, ends_well, says_nothing, shell
from workload import FEW

# The largest races that peers are let into that hold everything in memory, and that take minutes as well.
MOST, FEWER = 1_000_000, 100_000


def races(workload, threads):
    judge = functools.partial(judged, key=workload.key)
    return [of_files(workload, threads, judge), of_releases(workload, threads, judge)]


def of_files(workload, threads, judge):
    old, new = workload.lines("v1"), workload.lines("v2")
    trap = workload.traps

    def racer(name, command, ids=named, exits=(0,), **more):
        """A peer by its command for two files, and how the answer names claims."""
        if workload.claims > more.get("most", workload.claims):
            return Racer(name, [], needs=more.get("needs"), most=more["most"])
        question = Probe(command(trap.lines(trap.old), trap.lines(trap.new)), lambda run: traps.judged(run, ids, exits))
        return Racer(name, command(old, new), lambda run: judge(run, ids=ids, exits=exits), [question], **more)

    def script(name, *words):
        return lambda old, new: [peer.PYTHON, SCRIPTS / name, *words, threads, old, new]

    def lines(command):
        return lambda old, new: compared(command, old, new, workload.place)

    def affiant(old, new):
        return [AFFIANT, "diff", old, new, "--threads", threads, "--name-only"]

    numbers = Probe(affiant(trap.lines(trap.old), trap.lines(trap.new)), functools.partial(traps.refused, names=["trap-1"]))
    records = Probe(diff(trap.old, trap.new, threads), traps.refused)
    racers = [
        Racer("affiant", affiant(old, new), lambda run: judge(run, ids=named), [numbers]),
        Racer("affiant, both datasets checked", diff(workload.v1, workload.v2, threads),
              lambda run: judge(run, ids=changes), [records], most=MOST),
        racer("GNU diff", lambda old, new: ["diff", old, new], marked, (0, 1), needs="GNU diff", most=MOST),
        racer("git diff --no-index", lambda old, new: ["git", "diff", "--no-index", old, new], marked, (0, 1),
              needs="git", most=FEWER),
        racer("sort + comm", lines("sort {}"), needs="GNU coreutils"),
        racer("jq -cS + sort + comm", lines("jq -cS . {} | sort"), needs="jq", most=FEWER),
        racer("csv-diff, on CSV", lambda old, new: [peer.CSV_DIFF, as_csv(old), as_csv(new)], needs="csv-diff", most=MOST),
        racer("DuckDB, typed join", script("duckdb_diff.py", "typed"), needs="duckdb"),
        racer("DuckDB, EXCEPT", script("duckdb_diff.py", "except"), needs="duckdb", most=FEWER),
        racer("DuckDB, JSON text", script("duckdb_diff.py", "text"), needs="duckdb"),
        racer("polars join", script("polars_diff.py"), needs="polars", most=FEWER),
        racer("Python dict", lambda old, new: ["python3", SCRIPTS / "dict_diff.py", old, new], most=FEWER),
        Racer("reading both", shell(f"cat {quoted(old)} {quoted(new)} >/dev/null"), says_nothing),
    ]
    goals = [
        Faster("DuckDB, typed join", 15, limit=("reading both",)), Faster("GNU diff", 1, limit=("reading both",)),
        Peak(memory_bound(workload.claims)),
    ]
    size = old.stat().st_size + new.stat().st_size
    return Race("diff of files", "diff of two JSONL files", size, racers, goals, reads=[old, new, workload.v1, workload.v2])


def of_releases(workload, threads, judge):
    old, new = workload.release(1), workload.release(2)
    few = workload.few()
    files = [release / "data" / "claims.jsonl" for release in (old, new)]

    whole = [workload.without_chunks(release) for release in (old, few)]

    def stances(run):
        found = [json.loads(line) for line in run.lines() if "fingerprint" in line]
        are_stances = all(change["kind"] == "claim" and change["classes"] == ["C11"] for change in found)
        is_right = are_stances and {change["id"] for change in found} == workload.turned and len(found) == FEW
        return Answer(is_right, f"{len(found)} changes, {FEW} of them planted")

    racers = [
        Racer("affiant", diff(old, new, threads), lambda run: judge(run, ids=changes)),
        Racer("GNU diff", ["diff", *files], lambda run: judge(run, ids=marked, exits=(0, 1)), needs="GNU diff", most=MOST),
        Racer("reading both", shell(f"cat {quoted(files[0])} {quoted(files[1])} >/dev/null"), says_nothing),
        Racer(f"affiant, {FEW} changes", diff(old, few, threads), stances),
        Racer(f"affiant, {FEW} changes, without lists of chunks", diff(*whole, threads), stances),
    ]
    goals = [Faster("GNU diff", 5, limit=("reading both",)), Within(4, ["reading both"]), Peak(memory_bound(workload.claims))]
    size = sum(file.stat().st_size for file in files)
    return Race("diff of releases", "diff of two releases", size, racers, goals, reads=[old, new, few, *whole])


def diff(old, new, threads):
    return [AFFIANT, "diff", old, new, "--threads", threads, "--format", "jsonl", "--limit", 0]


def compared(command, old, new, place):
    """Both files through a command, then the lines that only one of them has."""
    files = [quoted(place / name) for name in ("sorted-1", "sorted-2")]
    steps = [f"{command.format(quoted(claims))} >{file}" for claims, file in zip((old, new), files)]
    return shell(f"export LC_ALL=C; {' && '.join(steps)} && comm -3 {' '.join(files)}")


def as_csv(file):
    """The same records in CSV, an id and the line; made before the race."""
    table = file.with_suffix(".csv")
    if not table.exists() or table.stat().st_mtime < file.stat().st_mtime:
        with file.open(newline="") as lines, table.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["id", "line"])
            writer.writerows([json.loads(line)["id"], line.rstrip("\n")] for line in lines)
    return table


def quoted(path):
    return shlex.quote(str(path))


def changes(run):
    """The claims that affiant says were added, removed or changed; not those whose status alone follows from others."""
    for change in map(json.loads, run.lines()):
        if change.get("kind") == "claim" and "patch" in change:
            yield change["id"]


def marked(run):
    """The claims on the lines that a diff of lines marks."""
    for line in run.lines():
        if line[0] in "<>+-" and (at := line.find("{")) > 0 and not line.startswith(("---", "+++")):
            yield json.loads(line[at:])["id"]


def named(run):
    """The claims that a program names, by their ids or by their lines."""
    for line in map(str.strip, run.lines()):
        yield json.loads(line)["id"] if line.startswith("{") else line


def judged(run, ids, key, exits=(0,)):
    """Holds the claims that are said to differ against the key: all that were planted, and none that means the same."""
    if run.exit not in exits:
        return ends_well(run)
    try:
        found = set(ids(run))
    except ValueError:
        return Answer(False, "its answer cannot be read")
    planted = {"added": key["added"], "removed": key["removed"], **key["changed_by_kind"]}
    missed = tally({kind: sum(claim not in found for claim in claims) for kind, claims in planted.items()}, planted)
    same = key["same_meaning"]
    wrong = tally({kind: sum(claim in found for claim in claims) for kind, claims in same.items()}, same)
    others = found.difference(*planted.values(), *same.values())
    says = [f"misses {missed}"] if missed else []
    says += [f"reports {wrong}"] if wrong else []
    says += [f"reports {len(others)} claims that nobody touched"] if others else []
    return Answer(not says, ", ".join(says))


def tally(counts, of):
    """How many of each kind, without the kinds of which there are none."""
    return ", ".join(f"{kind} {count}/{len(of[kind])}" for kind, count in counts.items() if count)
