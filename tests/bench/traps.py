"""Traps for whoever compares JSON: two pairs of records that differ and that no claim of affiant's may be, and one pair
that means the same."""

import json
from dataclasses import dataclass
from pathlib import Path

from race import Answer, ends_well

TRAPS = {"trap-1": "2^53 against 2^53+1", "trap-2": "null against absent"}
ODD = 2**53


@dataclass
class Traps:
    """Two dataset folders with the traps as their claims."""

    old: Path
    new: Path

    def lines(self, folder):
        return folder / "claims.jsonl"


def write(claim, old, new):
    """Makes the claims of both folders from one that holds a number."""
    with (old / "claims.jsonl").open("w") as before, (new / "claims.jsonl").open("w") as after:
        for name, (one, other) in zip([*TRAPS, "trap-3"], pairs(claim)):
            before.write(json.dumps({**one, "id": name}) + "\n")
            after.write(json.dumps({**other, "id": name}) + "\n")


def pairs(claim):
    def counting(number):
        return {**claim, "value": {**claim["value"], "lo": number, "hi": number}}

    yield counting(ODD), counting(ODD + 1)
    yield {**claim, "note": None}, claim
    yield counting(14), counting(14.0)


def judged(run, ids, exits):
    """Whether a peer tells both differences and makes none of the rest."""
    if run.exit not in exits:
        return ends_well(run)
    try:
        found = set(ids(run))
    except ValueError:
        return Answer(False, "its answer cannot be read")
    missed = [TRAPS[name] for name in TRAPS if name not in found]
    says = [*([f"misses {', '.join(missed)}"] if missed else []), *(["reports 14 against 14.0"] if "trap-3" in found else [])]
    return Answer(not says, ", ".join(says))


def refused(run, names=TRAPS):
    """affiant compares no number that JSON readers disagree on, and of a dataset nothing that is no record; it says so of
    each."""
    text = "".join(run.lines())
    are_refused = run.exit == 2 and all(f"claim {name}" in text for name in names)
    return Answer(are_refused, "refuses what is no record" if are_refused else f"compares what is no record: exit {run.exit}")
