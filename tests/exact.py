#!/usr/bin/env python3
"""A diff of 100,000 claims against the answer key: every planted edit with its classes, and nothing else.

The statuses that edits change are computed here a second time, from SPEC.md 2.8 and 2.9 alone.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "clients"))
import tool  # noqa: E402

CLAIMS = 100_000
SOURCES = 2_000

# The classes that each kind of planted edit must be given, whatever it does to the status.
CLASSES = {
    "value": {"C10"}, "said": {"C10"}, "big_integer": {"C10"}, "note": {"A01"}, "space": {"A01"}, "stance": {"C11"},
    "field_removed": {"C11"}, "several": {"A01", "C11"}, "retracted": {"C03"}, "anchor_moved": {"E04"},
    "other_sentence": {"E03"},
}
# How the range of a quantity moves under an edit of its value.
UP_BY_ONE = {"is": "disjoint", "lo": 1, "hi": 1}
RANGES = {"value": UP_BY_ONE, "big_integer": UP_BY_ONE, "said": {"is": "reworded", "lo": 0, "hi": 0}}

ACTS = {"contradicts": "disputed", "denies": "disputed", "repeats": "corroborated", "supports": "corroborated"}
MUTUAL = {"contradicts", "repeats"}
NEIGHBOURS = 16


def records(folder, name):
    for file in [folder / f"{name}.jsonl", *sorted(folder.glob(f"{name}/*.jsonl"))]:
        if file.exists():
            with file.open() as lines:
                yield from map(json.loads, lines)


class Claims:
    """What the statuses of all claims of a dataset folder follow from."""

    def __init__(self, folder):
        self.origins = {source["id"]: [origin["what"] for origin in source.get("from", [])]
                        for source in records(folder, "sources")}
        self.lineages = {}
        self.root, self.sources, self.dead, self.links = {}, {}, set(), []
        for claim in records(folder, "claims"):
            name, last = sys.intern(claim["id"]), claim["by"][-1]
            self.root[name] = sys.intern(last if isinstance(last, str) else last["agent"])
            self.sources[name] = tuple(sys.intern(anchor["capture"].split(".")[0]) for anchor in claim["at"])
            if claim.get("log", [{}])[-1].get("is") in ("retracted", "withdrawn"):
                self.dead.add(name)
            self.links += [(name, link["rel"], link["to"]) for link in claim.get("links", [])]

    def lineage(self, source):
        if source not in self.lineages:
            found, waiting = set(), [source]
            while waiting:
                if (one := waiting.pop()) not in found:
                    found.add(one)
                    waiting += self.origins.get(one, [])
            self.lineages[source] = found
        return self.lineages[source]

    def are_independent(self, one, other):
        mine = set().union(*map(self.lineage, self.sources[one]))
        return not any(self.lineage(source) & mine for source in self.sources[other])

    def implied(self, holder, rel, to):
        is_same = self.root[holder] == self.root[to]
        status = ACTS.get(rel)
        if status == "disputed":
            return "inconsistent" if is_same else status
        return status if status and not is_same and self.are_independent(holder, to) else None

    def standings(self):
        """Status and what it is due to, of every claim whose status is not `asserted`."""
        superseded, due = {}, {}
        for holder, rel, to in self.links:
            if rel == "supersedes" and holder not in self.dead:
                superseded.setdefault(to, set()).add(holder)
        for holder, rel, to in self.links:
            if not (status := self.implied(holder, rel, to)):
                continue
            for actor, target in [(holder, to), (to, holder)] if rel in MUTUAL else [(holder, to)]:
                if actor not in self.dead and actor not in superseded:
                    due.setdefault(target, {}).setdefault(status, set()).add(actor)
        standings = {}
        for claim in {*self.dead, *superseded, *due}:
            if claim in self.dead:
                standings[claim] = ("retracted", set())
            elif claim in superseded:
                standings[claim] = ("superseded", superseded[claim])
            else:
                status = next(word for word in ("disputed", "inconsistent", "corroborated") if word in due[claim])
                standings[claim] = (status, due[claim][status])
        return standings


ASSERTED = ("asserted", set())


class Answers:
    """What a diff of the two versions of a workload must say."""

    def __init__(self, folder):
        key = json.loads((folder / "answer_key.json").read_text())
        self.added, self.removed, self.pointers = set(key["added"]), set(key["removed"]), key["changed"]
        self.kind = {claim: kind for kind, claims in key["changed_by_kind"].items() for claim in claims}
        self.before, self.after = (Claims(folder / version).standings() for version in ("v1", "v2"))
        both = ({*self.before, *self.after}) - self.added - self.removed
        self.moved = {claim for claim in both if self.status(claim)[0] != self.status(claim)[1]}
        self.merges = {}
        for claim in self.moved:
            if self.status(claim)[1] == "superseded":
                for by in self.after[claim][1]:
                    self.merges[by] = self.merges.get(by, 0) + 1

    def ids(self):
        return {*self.added, *self.removed, *self.pointers, *self.moved}

    def status(self, claim):
        return (None if claim in self.added else self.before.get(claim, ASSERTED)[0],
                None if claim in self.removed else self.after.get(claim, ASSERTED)[0])

    def classes(self, claim):
        if claim in self.added or claim in self.removed:
            return {"C01"} if claim in self.added else {"C02"}
        classes = set(CLASSES[self.kind[claim]]) if claim in self.kind else set()
        fields = {pointer.split("/")[1] for pointer in self.pointers.get(claim, [])}
        if claim in self.moved and self.status(claim)[1] == "superseded":
            by = self.after[claim][1]
            classes |= {"C04"} | ({"C07"} if len(by) > 1 else set()) | ({"C06"} if any(self.merges[one] > 1 for one in by) else set())
        elif claim in self.moved and fields.isdisjoint({"links", "log", "by"}):
            classes.add("C12")
        return classes

    def because(self, claim):
        """The neighbours that came, or those that went, or those that are there still and stand otherwise."""
        if not self.classes(claim) & {"C04", "C12"}:
            return []
        before, after = (side.get(claim, ASSERTED)[1] for side in (self.before, self.after))
        return sorted(after - before or before - after or after)[:NEIGHBOURS]

    def faults(self, change):
        """In what a change of a claim differs from the answers."""
        claim = change["id"]
        status = change.get("status", {})
        kind = self.kind.get(claim)
        said = {
            "classes": (set(change["classes"]), self.classes(claim)),
            "pointers": (set(pointers(change)), set(self.pointers.get(claim, []))),
            "status": ((status.get("old"), status.get("new")), self.status(claim)),
            "because": (change.get("because", []), self.because(claim)),
            "range": (change.get("range"), RANGES.get(kind)),
        }
        if kind == "said":
            # An open range has no bound to move.
            said["range"] = (change["range"]["is"], "reworded")
        return [f"{claim} ({kind}): {what} {found}, not {meant}" for what, (found, meant) in said.items() if found != meant]


def pointers(change):
    """The leaves that a patch of a record changes."""
    prefix = f"/claims/{change['id']}/"
    old, new = {}, {}
    for operation in change.get("patch", []):
        if operation["path"].startswith(prefix) and operation["op"] != "remove":
            (old if operation["op"] == "test" else new)[operation["path"][len(prefix):]] = operation["value"]
    return leaves("", old, new)


def leaves(at, old, new):
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(name, old.get(name), new.get(name)) for name in {*old, *new}]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and not at.endswith("/span"):
        pairs = zip(range(len(old)), old, new)
    else:
        return [] if old == new else [at]
    return [leaf for name, before, after in pairs for leaf in leaves(f"{at}/{name}", before, after)]


def judge(checks, folder, lines):
    """Holds the lines of a diff against the answer key of the workload in a folder."""
    answers = Answers(folder)
    seen, others, faults = [], [], []
    for line in map(json.loads, lines):
        if "fingerprint" not in line:
            trailer = line
        elif line["kind"] == "claim":
            seen.append(line["id"])
            faults += answers.faults(line)
        else:
            others.append(line)
    checks.expect(f"lists {len(seen):,} claims, exactly those planted and those whose status follows",
                  sorted(answers.ids()) == seen and not others)
    print("".join(f"    {fault}\n" for fault in faults[:10]), end="")
    checks.expect("says of each of them exactly what was planted, classes, pointers, status and cause", not faults)
    alone = sum(1 for claim in answers.moved if claim not in answers.pointers)
    checks.expect(f"finds {alone:,} claims of which the status alone changed", alone > 0)
    totals = trailer["totals"]["claim"]
    counts = [totals[word] for word in ("added", "removed", "changed")]
    checks.expect("counts them", counts == [len(answers.added), len(answers.removed), len(answers.pointers)]
                  and trailer["changes"] == len(seen))


def generate(folder, claims, sources):
    tool.must("cargo", "run", "--release", "--quiet", "--example", "workload", "--", "--claims", claims,
              "--sources", sources, "--seed", 1, "--out", folder, cwd=tool.ROOT)


def main():
    folder = tool.TARGET / "exact"
    shutil.rmtree(folder, ignore_errors=True)
    checks = tool.Checks("exact")
    try:
        generate(folder, CLAIMS, SOURCES)
        command = [tool.AFFIANT, "diff", folder / "v1", folder / "v2", "--format", "jsonl", "--limit", "0"]
        judge(checks, folder, subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    checks.end()


if __name__ == "__main__":
    main()
