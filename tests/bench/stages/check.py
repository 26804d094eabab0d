"""Check: records, texts, anchors, and how they fit together."""

import json

import peer
from goal import Faster, Peak, memory_bound
from project import AFFIANT, SCHEMA
from race import Answer, Probe, Race, Racer, ends_well


def races(workload, threads):
    dataset, tampered = workload.tampered
    file = workload.lines("v1")
    affiant = [AFFIANT, "check", "--threads", threads]

    def judge(run):
        return judged(run, tampered)

    question = Probe([*affiant, "--format", "jsonl", dataset], judge)
    racers = [
        Racer("affiant", [*affiant, workload.v1], ends_well, [question]),
        Racer("sourcemeta --fast (schema alone)", [peer.JSONSCHEMA, "validate", "--fast", SCHEMA, file],
              needs="sourcemeta jsonschema", most=1_000_000),
    ]
    goals = [Faster("sourcemeta --fast (schema alone)", 3), Peak(memory_bound(workload.claims))]
    return [Race("check", "check, with texts and anchors", file.stat().st_size, racers, goals, reads=[file, workload.v1])]


def judged(run, tampered):
    """Holds the claims that have an error against those whose anchors are wrong."""
    found = {finding.get("id") for finding in map(json.loads, run.lines()) if finding.get("severity") == "error"}
    return Answer(found == tampered, f"finds {len(found & tampered)} of {len(tampered)} wrong anchors")
