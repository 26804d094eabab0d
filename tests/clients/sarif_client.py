#!/usr/bin/env python3
"""sarif-pydantic, a reader of SARIF, and Python's own XML parser on a diff in the forms that checks of a commit take."""

import json
import xml.etree.ElementTree

import tool

# Run by the Python that has the library: a SARIF file in, its rules and results out.
PROGRAM = """
import json, sys
from sarif_pydantic import Sarif
[run] = Sarif.model_validate_json(sys.stdin.read()).runs
place = lambda result: result.locations[0].physical_location
print(json.dumps({
    "rules": [rule.id for rule in run.tool.driver.rules],
    "results": [[result.rule_id, result.level.value, place(result).artifact_location.uri, place(result).region.start_line]
                for result in run.results],
}))
"""


def main():
    python = tool.find("python3")
    if not tool.accepts(python, "-c", "import sarif_pydantic"):
        tool.not_run("sarif-pydantic", "the library is not on this machine")
    checks = tool.Checks("sarif-pydantic")
    with tool.Workshop() as workshop:
        claims = next((workshop.dataset / "claims").iterdir())
        lines = claims.read_text().splitlines()
        claims.write_text("\n".join(lines[:-1]) + "\n")
        gone = json.loads(lines[-1])["id"]

        def diff(form):
            return tool.must(tool.AFFIANT, "diff", workshop.release, workshop.dataset, "--format", form).stdout

        read = tool.run(python, "-c", PROGRAM, stdin=diff("sarif"))
        checks.expect("reads the diff", read.returncode == 0)
        found = json.loads(read.stdout or "{}")
        records = (workshop.release / "data" / "claims.jsonl").read_text().splitlines()
        line = 1 + next(i for i, record in enumerate(records) if json.loads(record)["id"] == gone)
        path = tool.run("realpath", workshop.release).stdout.decode().strip()
        expected = ["C02", "error", f"file://{path}/data/claims.jsonl", line]
        checks.expect("finds the claim that is gone at its line", expected in found.get("results", []))
        checks.expect("finds a rule for every result", {one[0] for one in found["results"]} <= set(found["rules"]))

        report = xml.etree.ElementTree.fromstring(diff("junit"))
        failed = [case.get("name") for case in report.iter("testcase") if case.find("failure") is not None]
        checks.expect("and an XML parser finds the refused class in the JUnit report", failed == ["C02 claim-removed"])
    checks.end()


main()
