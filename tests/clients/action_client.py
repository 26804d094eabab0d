#!/usr/bin/env python3
"""The GitHub Action's script on this machine: a repository of its own, and a `gh` that writes down what it is told."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tool

REVIEW = tool.ROOT / ".github" / "actions" / "review"
AUTHOR = "github-actions[bot]"
COMMENT_BYTES = 65536
SUMMARY_BYTES = 1 << 20

# The two claims of the example, none of them added, removed or changed.
UNCHANGED = "| claims | 0 | 0 | 0 | 2 |"

# Stands on PATH as `gh`: keeps the calls and the comments in a folder, and lets jq choose among comments as gh does.
GH = r'''
import json, os, subprocess, sys
from pathlib import Path

forge = Path(os.environ["FORGE"])
comments = json.loads((forge / "comments").read_text())
arguments = sys.argv[1:]
with open(forge / "calls", "a") as calls:
    calls.write(json.dumps(arguments) + "\n")
if (forge / "forbidden").exists() and "--method" in arguments:
    sys.exit("gh: Resource not accessible by integration (HTTP 403)")
if "--jq" in arguments:
    chosen = subprocess.run(["jq", "-r", arguments[arguments.index("--jq") + 1]],
                            input=json.dumps(comments), text=True, check=True, capture_output=True)
    print(chosen.stdout, end="")
    sys.exit()
field = arguments[arguments.index("--field") + 1]
body = Path(field.removeprefix("body=@")).read_text()
method = arguments[arguments.index("--method") + 1]
path = next(word for word in arguments if word.startswith("repos/"))
if method == "PATCH":
    next(one for one in comments if path == f"repos/owner/name/issues/comments/{one['id']}")["body"] = body
else:
    assert path == "repos/owner/name/issues/7/comments"
    comments.append({"id": 100 + len(comments), "user": {"login": "github-actions[bot]"}, "body": body})
(forge / "comments").write_text(json.dumps(comments))
'''


class Forge:
    """A repository with a dataset in `notes`, one commit of it, and a pull request on GitHub."""

    def __init__(self, folder):
        self.path = Path(folder)
        self.repository = self.path / "repository"
        self.summary = self.path / "summary"
        self.bin = self.path / "bin"
        self.bin.mkdir()
        (self.bin / "gh").write_text(f"#!{sys.executable}\n{GH}")
        (self.bin / "gh").chmod(0o755)
        (self.bin / "affiant").symlink_to(tool.AFFIANT)
        self.comments = []
        self.git("init", "-q", "-b", "main", str(self.repository), cwd=self.path)
        tool.must(tool.AFFIANT, "init", self.repository / "notes")
        self.commit("one")
        self.base = self.git("rev-parse", "HEAD").decode().strip()

    def environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
        identity = {f"GIT_{who}_{what}": "tests@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        return {**kept, **identity, "PATH": f"{self.bin}:{kept['PATH']}", "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(self.path)}

    def git(self, *words, cwd=None):
        return tool.must("git", *words, cwd=cwd or self.repository, env=self.environment()).stdout

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    @property
    def comments(self):
        return json.loads((self.path / "comments").read_text())

    @comments.setter
    def comments(self, comments):
        (self.path / "comments").write_text(json.dumps(comments))

    def comment(self, summary):
        """Our comment, found by its first line, which it shares with the summary."""
        marker = summary.splitlines()[0]
        ours = [one["body"] for one in self.comments if one["user"]["login"] == AUTHOR and one["body"].startswith(marker)]
        return ours[0] if len(ours) == 1 else ""

    def claims(self):
        return self.repository / "notes" / "claims" / "example.jsonl"

    def edit(self, old, new):
        text = self.claims().read_text()
        assert text.count(old) == 1, old
        self.claims().write_text(text.replace(old, new))

    def review(self, cwd=None, **inputs):
        """Runs the script; its exit code, what the log shows, what the job's summary says and what gh was told."""
        for left in ("summary", "calls"):
            (self.path / left).unlink(missing_ok=True)
        environment = {**self.environment(), "FORGE": str(self.path), "GITHUB_STEP_SUMMARY": str(self.summary),
                       "GITHUB_REPOSITORY": "owner/name", "AFFIANT_DATASET": "notes", "AFFIANT_BASE": self.base,
                       "AFFIANT_COMMENT": "yes", "AFFIANT_PULL_REQUEST": "7", **inputs}
        ended = tool.run("sh", REVIEW / "review.sh", cwd=cwd or self.repository, env=environment)
        summary = self.summary.read_text() if self.summary.exists() else ""
        calls = self.path / "calls"
        calls = [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
        return ended.returncode, (ended.stdout + ended.stderr).decode(), summary, calls


def methods(calls):
    return [call[call.index("--method") + 1] for call in calls if "--method" in call]


def one_comment(checks, forge):
    forge.comments = [{"id": 1, "user": {"login": "somebody"}, "body": "hello"}]
    code, log, summary, calls = forge.review()
    checks.expect("nothing changed: exit code 0", code == 0)
    checks.expect("nothing changed: the summary says so", UNCHANGED in summary)
    checks.expect("nothing changed: one comment is made", methods(calls) == ["POST"])
    checks.expect("the comment says what the summary says", forge.comments[1]["body"] == summary)

    forge.edit('"lo":24', '"lo":30')
    code, log, summary, calls = forge.review()
    checks.expect("a value changed: exit code 0", code == 0 and "value-changed" in summary)
    checks.expect("a value changed: the comment is brought up to date", methods(calls) == ["PATCH"])
    checks.expect("there is one comment of ours", [one["id"] for one in forge.comments] == [1, 101])
    checks.expect("it says what the summary says", forge.comments[1]["body"] == summary)

    marker = summary.splitlines()[0]
    forge.comments = [{"id": 1, "user": {"login": "somebody"}, "body": f"{marker}\nall is well"}]
    _, _, _, calls = forge.review()
    checks.expect("a comment of somebody else's with our marker is not ours", methods(calls) == ["POST"])
    _, _, _, calls = forge.review(AFFIANT_AUTHOR="somebody")
    checks.expect("who comments can be chosen", methods(calls) == ["PATCH"])

    for what, inputs in {"no comment was asked for": {"AFFIANT_COMMENT": "no"},
                         "no pull request, no comment": {"AFFIANT_PULL_REQUEST": ""}}.items():
        code, log, summary, calls = forge.review(**inputs)
        checks.expect(what, code == 0 and what in log and calls == [] and "value-changed" in summary)

    (forge.path / "forbidden").touch()
    code, log, summary, calls = forge.review()
    checks.expect("a token that may not comment: a warning", code == 0 and "::warning" in log and "403" in log)
    (forge.path / "forbidden").unlink()


def broken_dataset(checks, forge):
    forge.edit('"person-01"', '"nobody"')
    code, log, summary, calls = forge.review()
    checks.expect("a broken claim: the exit code of check", code == 1)
    checks.expect("a broken claim: the summary names it", "unknown-agent" in summary and "Nothing was compared" in summary)
    checks.expect("a broken claim: the comment says so, too", forge.comment(summary) == summary)
    checks.expect("what was found is shown where it commands nothing", "::stop-commands::" in log)
    forge.git("checkout", "-q", "--", ".")

    code, log, summary, _ = forge.review(AFFIANT_DATASET="nowhere")
    checks.expect("no dataset: exit code 2", code == 2)


def what_there_is_to_compare_with(checks, forge):
    code, _, summary, _ = forge.review(AFFIANT_DATASET="./notes/")
    checks.expect("the folder may be written in other ways", code == 0 and UNCHANGED in summary)
    code, _, summary, _ = forge.review(cwd=forge.repository, AFFIANT_BASE="HEAD")
    checks.expect("the base may be any revision", code == 0 and UNCHANGED in summary)
    for what, base in {"no base": "", "an option for a base": "--output=x", "a path for a base": "HEAD:notes"}.items():
        code, log, _, calls = forge.review(AFFIANT_BASE=base)
        checks.expect(f"{what}: exit code 2 and a word why", code == 2 and "::error" in log and calls == [])
    code, log, summary, _ = forge.review(AFFIANT_BASE="no-such-branch")
    checks.expect("an unknown base: exit code 2", code == 2 and "Nothing was compared" in summary)

    tool.must(tool.AFFIANT, "init", forge.repository / "second")
    code, _, summary, _ = forge.review(AFFIANT_DATASET="second")
    checks.expect("a new dataset: exit code 0, and nothing to compare with", code == 0 and "is new" in summary)
    shutil.rmtree(forge.repository / "second")

    forge.git("checkout", "-q", "-b", "work")
    forge.edit('"lo":24', '"lo":31')
    forge.commit("two")
    shallow = forge.path / "shallow"
    forge.git("clone", "-q", "--depth=1", "-b", "work", f"file://{forge.repository}", str(shallow))
    code, _, summary, _ = forge.review(cwd=shallow)
    checks.expect("a shallow clone: the base is fetched", code == 0 and "value-changed" in summary)

    decoy = forge.repository / f"{forge.base}:notes"
    shutil.copytree(forge.repository / "notes", decoy)
    code, _, summary, _ = forge.review()
    checks.expect("a folder named like the base does not pass for it", code == 2 and "Nothing was compared" in summary)
    shutil.rmtree(decoy)


def large_change(checks, forge):
    line = forge.claims().read_text().splitlines()[1]
    many = [line.replace("ex-0002", f"big-{number}") for number in range(8000)]
    forge.claims().write_text("\n".join([*forge.claims().read_text().splitlines(), *many]) + "\n")
    code, _, summary, _ = forge.review()
    comment = forge.comment(summary)
    sizes = len(summary.encode()), len(comment.encode())
    checks.expect(f"8,000 new claims: {sizes[0]} bytes of summary", code == 0 and 65536 < sizes[0] <= SUMMARY_BYTES)
    checks.expect(f"8,000 new claims: {sizes[1]} bytes of comment", 30000 < sizes[1] <= COMMENT_BYTES)
    checks.expect("both tell the exact number", all("8,000" in text for text in (summary, comment)))


def hostile_inputs(checks, forge):
    name = "$(touch pwned)`touch pwned`;touch pwned"
    shutil.copytree(forge.repository / "notes", forge.repository / name)
    code, log, summary, _ = forge.review(AFFIANT_DATASET=name)
    checks.expect("a folder's name is a name", code == 0 and not list(forge.path.rglob("pwned")))
    shutil.rmtree(forge.repository / name)
    code, log, _, calls = forge.review(AFFIANT_PULL_REQUEST="7/../../x")
    checks.expect("a pull request's number is a number", code == 2 and calls == [])
    words = (REVIEW / "action.yml").read_text()
    run_lines = [line for line in words.splitlines() if line.strip().startswith("run:")]
    checks.expect("nothing is pasted into a script", run_lines and not any("${{" in line for line in run_lines))


def scripts_are_clean(checks):
    if tool.find("shellcheck") is None:
        print("NOT RUN: shellcheck (it is not on this machine)")
        return
    tests = tool.ROOT / "tests"
    for script in (REVIEW / "review.sh", tests / "install.sh", tests / "bench" / "install.sh"):
        is_clean = tool.accepts("shellcheck", "-s", "sh", "-x", script, cwd=tool.ROOT)
        checks.expect(f"shellcheck: {script.parent.name}/{script.name}", is_clean)


def main():
    checks = tool.Checks("action")
    scripts_are_clean(checks)
    if tool.find("jq") is None:
        print("NOT RUN: action (jq, which gh has built in, is not on this machine)")
        return
    with tempfile.TemporaryDirectory() as folder:
        forge = Forge(folder)
        one_comment(checks, forge)
        forge.git("checkout", "-q", "--", ".")
        broken_dataset(checks, forge)
        what_there_is_to_compare_with(checks, forge)
        hostile_inputs(checks, forge)
        large_change(checks, forge)
    checks.end()


main()
