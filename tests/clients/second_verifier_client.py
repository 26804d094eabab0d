#!/usr/bin/env python3
"""The second verifier, tests/second_verifier.py, and affiant on the same releases: each tells the other's verdict.

Receipts, parts of a release (`--only`) and what a changelog says are not the second verifier's; of these cases affiant's verdict alone is held
against what the case asks for.
"""

import json
import shutil

import tool

SECOND = tool.ROOT / "tests" / "second_verifier.py"
CORPUS = tool.ROOT / "tests" / "releases"
LINES = 360
# What step 9 asks of the changelog's lines.
STEP_9 = {"changes-malformed", "changes-disagree", "changelog-differs", "law-broken", "changes-not-replayed",
          "previous-mismatch"}
# Every so many bytes of a file one is changed; most seals are short.
STEP, SHORT_STEP, SHORT = 199, 23, 1000


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


def set_up(case, folder, told):
    """A copy of a case, with what it has in common with the release that it was made from."""
    shutil.copytree(case, folder, symlinks=True)
    for base in (CORPUS / base for base in told.get("base", [])):
        for file in sorted(base.rglob("*")):
            path = file.relative_to(base.parent)
            here = folder / path
            if file.is_file() and str(path) not in told["gone"] and not here.is_symlink() and not here.exists():
                here.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, here)


def corpus(checks, verdicts, copies):
    """Every case of the corpus, in a copy, for affiant remembers what it saw."""
    for case in sorted(path.parent for path in CORPUS.rglob("case.json")):
        told = json.loads((case / "case.json").read_bytes())
        folder = copies / case.relative_to(CORPUS)
        set_up(case, folder, told)
        for run in told["runs"]:
            arguments = ["--trust", "trust", *run["arguments"]]
            what = " ".join([str(case.relative_to(CORPUS)), run["path"], *run["arguments"]])
            wanted = run["exit"], run.get("code")
            left_out = {"--only", "--from"} & {*arguments} or run.get("code") in STEP_9 or (folder / run["path"]).is_file()
            said = wanted if left_out else verdicts.second(folder, run["path"], *arguments)
            ours = verdicts.affiant(folder, run["path"], *arguments)
            if left_out:
                checks.expect(f"is not for {what}, of which affiant says {ours}", ours == wanted)
            else:
                checks.expect(f"says of {what}: {said}, and affiant {ours}", said == ours == wanted)


def spoilt(checks, verdicts, file, trust, copy):
    """A file of a release with one bit changed, here and there; all else stays as it is."""
    content, said = file.read_bytes(), {}
    for at in range(0, len(content), SHORT_STEP if len(content) < SHORT else STEP):
        tool.change_one_byte(copy / file.name, at)
        said[at] = [verdict(copy.parent, copy, "--trust", trust) for verdict in (verdicts.second, verdicts.affiant)]
        (copy / file.name).write_bytes(content)
    differing = {at: both for at, both in said.items() if both[0] != both[1] or both[0][0] != 1}
    what = f"and affiant refuse {file.name} for the same reason after each of {len(said)} changes"
    checks.expect(f"{what} {differing or ''}", not differing)


def main():
    python = tool.find("python3")
    if not tool.accepts(python, "-c", "import cryptography"):
        tool.not_run("second verifier", "the library cryptography is not on this machine")
    checks, verdicts = tool.Checks("second verifier"), Verdicts(python)
    lines = SECOND.read_text().splitlines()
    checks.expect(f"has {len(lines)} lines, {LINES} at most", len(lines) <= LINES)
    with tool.Workshop() as workshop:
        corpus(checks, verdicts, workshop.path / "corpus")
        copy = workshop.copy("spoilt")
        for file in sorted(path for path in workshop.release.iterdir() if path.is_file()):
            spoilt(checks, verdicts, file, workshop.trust, copy)
    checks.end()


main()
