"""Validate: every record against JSON and its schema, all errors."""

import functools
import json
import re

import peer
from goal import Faster, Peak, memory_bound
from project import AFFIANT, CRATE_VALIDATE, SCHEMA, SCRIPTS
from race import Answer, Probe, Race, Racer


def races(workload, threads):
    file = workload.lines("v1")

    def racer(name, command, lines, **more):
        """A command that takes a file of claims last, and how its output names the lines that it refuses."""
        probes = [Probe([*command, mixed.file], functools.partial(judged, lines, mixed)) for mixed in workload.mixed]
        return Racer(name, [*command, file], probes=probes, **more)

    affiant = [AFFIANT, "validate", "--threads", threads, "--kind", "claim", "--dataset", workload.dataset_json]
    crate = [CRATE_VALIDATE, SCHEMA]
    python = [peer.PYTHON, SCRIPTS / "jsonschema_rs_validate.py", SCHEMA]
    racers = [
        racer("affiant", [*affiant, "--format", "jsonl"], findings),
        racer("sourcemeta --fast", [peer.JSONSCHEMA, "validate", "--fast", "--continue", SCHEMA], entries,
              needs="sourcemeta jsonschema", most=1_000_000),
        racer("ajv, compiled", ["node", SCRIPTS / "ajv_validate.js", peer.NODE_MODULES, SCHEMA], numbers, needs="ajv"),
        racer("Python jsonschema-rs", python, numbers, needs="jsonschema-rs"),
        racer("jsonschema crate, 1 thread", [*crate, 1], numbers),
    ]
    goals = [Faster("sourcemeta --fast", 6), Peak(memory_bound(workload.claims))]
    if threads > 1:
        racers.append(racer(f"jsonschema crate, {threads} threads", [*crate, threads], numbers))
        goals.insert(1, Faster(f"jsonschema crate, {threads} threads", 2))
    return [Race("validate", "validate, every error of every record", file.stat().st_size, racers, goals, reads=[file])]


def judged(lines, mixed, run):
    """Holds the lines that were refused against the key."""
    try:
        found = set(lines(run))
    except ValueError:
        return Answer(False, "its answer cannot be read")
    missed = [name for line, name in mixed.refused.items() if line not in found]
    wrong = [mixed.odd.get(line, "a plain claim") for line in found if line not in mixed.refused]
    says = f"{mixed.what} {len(mixed.refused) - len(missed)}/{len(mixed.refused)}"
    says += f" (not {examples(missed)})" if missed else ""
    says += f", refuses {len(wrong)} valid ones ({examples(wrong)})" if wrong else ""
    return Answer(not missed and not wrong, says)


def examples(names):
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def findings(run):
    """The lines that affiant's errors name, each with a column."""
    findings = map(json.loads, run.lines())
    return (finding["line"] for finding in findings if finding.get("severity") == "error" and "column" in finding)


def entries(run):
    """The lines that sourcemeta names."""
    for line in run.lines():
        if found := re.match(r"fail: .*\(entry #(\d+)\)|  at line (\d+)$", line):
            yield int(found[1] or found[2])


def numbers(run):
    """The lines that the programs of this folder name: a number a line."""
    return map(int, run.lines())
