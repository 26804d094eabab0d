#!/usr/bin/env python3
"""Whether the benchmark's judges tell right from wrong; needs no peer and takes no time."""

import tempfile
from pathlib import Path

import project  # noqa: F401 (it says where `tool` is)
import table
import tool
from goal import Faster, Peak, Within
from race import Answer, Race, Racer, Result, Run, Track, both, shell
from stages import check, diff, hash, validate
from traps import judged as trapped
from workload import Mixed

KEY = {
    "added": ["c-1"], "removed": ["c-2"], "changed_by_kind": {"value": ["c-3", "c-4"]}, "same_meaning": {"moved": ["c-5"]},
}


def printed(folder, text, exit=0, wall=1.0, peak=0):
    """A run that printed some text."""
    file = Path(folder) / "output"
    file.write_text(text)
    return Run(wall, 0, 0, peak, 0, exit, file)


def of_diff(checks, folder):
    def answer(text, exit=0):
        return diff.judged(printed(folder, text, exit), diff.named, KEY)

    checks.expect("calls a diff right that names all that was planted", answer("c-1\nc-2\nc-3\nc-4\n").is_right)
    checks.expect("calls a diff wrong that misses a change",
                  answer("c-1\nc-2\nc-3\n") == Answer(False, "misses value 1/2"))
    checks.expect("calls a diff wrong that reports what only moved",
                  answer("c-1\nc-2\nc-3\nc-4\nc-5\n") == Answer(False, "reports moved 1/1"))
    checks.expect("calls a diff wrong that reports what nobody touched", answer("c-1\nc-2\nc-3\nc-4\nc-6\n").is_right is False)
    checks.expect("calls a diff wrong that failed", answer("c-1\nc-2\nc-3\nc-4\n", exit=1).is_right is False)
    checks.expect("calls a diff wrong that cannot be read", answer("{c-1\n").is_right is False)
    marked = '< {"id":"c-1"}\n---\n> {"b":1,"id" : "c-2"}\n--- a/{1}\n+++ b/{2}\n-{"id":"c-3"}\n {"id":"c-9"}\n'
    checks.expect("reads the claims that a diff of lines marks",
                  list(diff.marked(printed(folder, marked))) == ["c-1", "c-2", "c-3"])
    changes = '{"format":"x"}\n{"kind":"claim","id":"c-1","patch":[]}\n{"kind":"claim","id":"c-2"}\n{"kind":"agent","id":"a","patch":[]}\n'
    checks.expect("reads the claims that affiant says changed", list(diff.changes(printed(folder, changes))) == ["c-1"])
    traps = {"trap-1\ntrap-2\n": True, "trap-1\n": False, "trap-1\ntrap-2\ntrap-3\n": False}
    checks.expect("knows who falls into a trap", traps == {
        text: trapped(printed(folder, text), diff.named, (0,)).is_right for text in traps})


def of_other_stages(checks, folder):
    mixed = Mixed("schema", Path("x"), {3: "unknown member", 5: "no anchor"}, {4: "zero written -0"})

    def refusing(text):
        return validate.judged(validate.numbers, mixed, printed(folder, text))

    checks.expect("calls a validation right that refuses what it must", refusing("3\n5\n") == Answer(True, "schema 2/2"))
    checks.expect("calls a validation wrong that misses a line", refusing("3\n") == Answer(False, "schema 1/2 (not no anchor)"))
    checks.expect("calls a validation wrong that refuses a valid line", refusing("3\n4\n5\n").is_right is False)
    one, other = "0" * 64, "f" * 64
    texts = {"s-1.1": one, "s-2.1": other}
    lines = f"{one}  texts/s-1.1.txt\nholds {other} s-2.1\n"
    checks.expect("calls digests right", hash.judged(printed(folder, lines), texts).is_right)
    checks.expect("calls another digest wrong", not hash.judged(printed(folder, lines.replace("f", "e")), texts).is_right)
    checks.expect("calls a digest too few wrong", not hash.judged(printed(folder, lines.split("\n")[0]), texts).is_right)
    finding = '{"id":"c-1","severity":"error"}\n'
    checks.expect("counts wrong anchors", check.judged(printed(folder, finding), {"c-1"}).is_right
                  and not check.judged(printed(folder, finding), {"c-1", "c-2"}).is_right)


def of_goals(checks, folder):
    results = {
        "affiant": Result("affiant", [printed(folder, "", wall=2.0, peak=2**20)] * 3),
        "peer": Result("peer", [printed(folder, "", wall=8.0)] * 2), "absent": Result("absent", not_run="is not installed"),
    }
    verdicts = [goal.judge(results).is_met for goal in (
        Faster("peer", 4), Faster("peer", 5), Within(2, ["affiant"], by="peer"), Within(4, ["affiant"], by="peer"),
        Peak(2**20), Peak(2**19), Faster("absent", 1))]
    checks.expect("tells goals met, missed and not measured", verdicts == [True, False, False, True, True, False, None])
    checks.expect("says by how much one is missed", Faster("peer", 5).judge(results).says == "missed: 4.00x, off by 1.25x")
    limited = Faster("peer", 5, limit=("affiant",) * 2), Within(2, ["affiant"], by="peer", limit=("affiant", "peer"))
    checks.expect("adds up what nobody can do without", [goal.judge(results).says.split("; ")[1] for goal in limited]
                  == ["nothing but affiant and affiant: 2.00x", "nothing but affiant and peer: 5.00x"])
    checks.expect("keeps a wrong answer wrong", both(Answer(False, "a"), Answer(True, "b")) == Answer(False, "a; b"))
    checks.expect("keeps a table whole", table.markdown([["", "x", "y"], ["a|b", "1", "2"]]).split("\n")[2] == "| a\\|b | 1 | 2 |")


def of_races(checks, folder):
    order = Path(folder) / "order"
    names = ["first", "second"]
    racers = [Racer(name, shell(f"echo {name} >>{order}; exit {at}")) for at, name in enumerate(names)]
    racers += [Racer("too slow", ["true"], most=1), Racer("not built", [Path(folder) / "absent"])]
    first, second, slow, unbuilt = Track(1, Path(folder)).race(Race("test", "test", 0, racers), 2, 3)
    checks.expect("lets racers run in turn", order.read_text().split() == names * 3)
    checks.expect("measures a process of its own", 0 < first.peak < 2**26 and first.least > 0)
    checks.expect("calls a racer wrong that fails", first.answer.is_right and not second.answer.is_right)
    checks.expect("names who did not run, and why", "more than 1 claims" in slow.not_run and unbuilt.not_run == "absent is not built")


def main():
    checks = tool.Checks("bench")
    with tempfile.TemporaryDirectory(prefix="affiant-") as folder:
        of_diff(checks, folder)
        of_other_stages(checks, folder)
        of_goals(checks, folder)
        of_races(checks, folder)
    checks.end()


main()
