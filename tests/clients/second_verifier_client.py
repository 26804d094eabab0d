#!/usr/bin/env python3
"""The second verifier, tests/second_verifier, and affiant on the same releases and receipts: they have to agree."""

import json
import os
import shutil

import tool

SECOND = tool.ROOT / "tests" / "second_verifier"
CORPUS = tool.ROOT / "tests" / "releases"
STEP = 199


class Verdicts:
    """What the two verifiers say, as an exit code and the first finding's code."""

    def __init__(self, python):
        self.python = python

    def affiant(self, folder, path, *arguments):
        state = () if "--state" in arguments else ("--no-state",)
        ended = tool.run(tool.AFFIANT, "verify", path, "--format", "json", *state, *arguments, cwd=folder)
        findings = json.loads(ended.stdout)["findings"] if ended.stdout else []
        errors = [finding["code"] for finding in findings if finding["severity"] == "error"]
        return ended.returncode, errors[0] if errors else None

    def second(self, folder, path, *arguments):
        ended = tool.run(self.python, SECOND, path, *arguments, cwd=folder)
        words = ended.stdout.decode().split()
        return ended.returncode, words[1] if words[:1] == ["refused"] else None


def lay_out(case, folder):
    """A case as its README says it, in a folder of its own, for affiant remembers what it saw; the runs."""
    shutil.copytree(case, folder, symlinks=True)
    told = json.loads((case / "case.json").read_bytes())
    if "base" not in told:
        return told["runs"]
    base, release = CORPUS / told["base"], folder / told["runs"][0]["path"]
    for file in base.rglob("*"):
        name = file.relative_to(base)
        if file.is_file() and str(name) not in told["gone"] and not os.path.lexists(release / name):
            (release / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, release / name)
    return told["runs"]


def corpus(checks, verdicts, copies):
    for case in sorted(file.parent for file in CORPUS.rglob("case.json")):
        name = case.relative_to(CORPUS)
        for run in lay_out(case, copies / name):
            said = f"{name} {' '.join([run['path'], *run['arguments']])}"
            if "--only" in run["arguments"]:
                print(f"left out: {said}: the second verifier verifies whole releases")
                continue
            asked = [copies / name, run["path"], "--trust", "trust", *run["arguments"]]
            second, affiant, told = verdicts.second(*asked), verdicts.affiant(*asked), (run["exit"], run.get("code"))
            differing = "" if second == affiant == told else f": {second}, not {affiant}; it should be {told}"
            checks.expect(f"and affiant agree on {said}{differing}", not differing)


def spoilt(checks, verdicts, file, trust, copy):
    """A file with one bit changed, here and there: a receipt, or a file of a release that stays otherwise as it is."""
    content = file.read_bytes()
    path = copy if copy.is_dir() else copy.parent / "receipt"
    target = copy / file.name if copy.is_dir() else path
    said = {}
    for at in range(0, len(content), STEP):
        target.write_bytes(content)
        tool.change_one_byte(target, at)
        asked = [copy.parent, path, "--trust", trust]
        said[at] = verdicts.second(*asked), verdicts.affiant(*asked)
    target.write_bytes(content)
    differing = {at: both for at, both in said.items() if both[0] != both[1] or both[0][0] == 0}
    what = f"and affiant agree on why not to accept {file.name} after each of {len(said)} changes"
    checks.expect(f"{what}: {differing}" if differing else what, not differing)


def main():
    python = tool.find("python3")
    if not tool.accepts(python, "-c", "import cryptography"):
        tool.not_run("second verifier", "the library cryptography is not on this machine")
    checks, verdicts = tool.Checks("second verifier"), Verdicts(python)
    with tool.Workshop() as workshop:
        os.environ["XDG_STATE_HOME"] = str(workshop.path / "state")
        corpus(checks, verdicts, workshop.path / "corpus")
        receipts = [workshop.path / "whole.json", workshop.path / "compact.txt"]
        for receipt, compact in zip(receipts, [[], ["--compact"]]):
            tool.must(tool.AFFIANT, "receipt", workshop.release, "ex-0001", *compact, "--out", receipt)
            said = verdicts.second(workshop.path, receipt, "--trust", workshop.trust)
            both = said == verdicts.affiant(workshop.path, receipt, "--trust", workshop.trust) == (0, None)
            checks.expect(f"and affiant both accept {receipt.name}", both)
            spoilt(checks, verdicts, receipt, workshop.trust, workshop.path / "none")
        copy = workshop.copy("spoilt")
        for file in sorted(path for path in workshop.release.iterdir() if path.is_file()):
            spoilt(checks, verdicts, file, workshop.trust, copy)
    checks.end()


main()
