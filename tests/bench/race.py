"""A race: commands that do the same work, run in turn (first, second, ..., first, second, ...), so that whatever else
the machine does meanwhile hits them all alike; and what each of their answers is worth."""

import contextlib
import shlex
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import machine
import peer

MEASURE = [sys.executable, "-I", "-S", str(Path(__file__).with_name("measure.py"))]

# A racer that has run for so long runs no further round.
PATIENCE_SECONDS = 20
# A run that takes longer is killed, and its answer is wrong.
LIMIT_SECONDS = 900


@dataclass
class Run:
    """What one run of a command cost (seconds, bytes), and the file with what it printed."""

    wall: float
    user: float
    system: float
    peak: int
    read: int
    exit: int
    output: Path

    @property
    def cpu(self):
        return self.user + self.system

    def lines(self):
        with self.output.open(encoding="utf-8", errors="replace") as lines:
            yield from lines


@dataclass
class Answer:
    """Whether an answer was right, and what there is to say of it; `None` where nothing was asked."""

    is_right: bool | None
    says: str = ""


def ends_well(run):
    return Answer(run.exit == 0, "" if run.exit == 0 else f"exit {run.exit}: {last_line(run)}")


def says_nothing(run):
    """The judge of a racer that only shows a limit, such as reading alone."""
    return Answer(None) if run.exit == 0 else ends_well(run)


def last_line(run):
    return ([line.strip()[:160] for line in run.lines() if line.strip()] or ["no output"])[-1]


@dataclass
class Probe:
    """A question beside the race, not timed: the command to run while things are as `spoilt` makes them."""

    command: list
    judge: Callable
    spoilt: Callable = contextlib.nullcontext


@dataclass
class Racer:
    """One command. `needs` names the peer it runs; it does not run on more than `most` claims."""

    name: str
    command: list
    judge: Callable = ends_well
    probes: list = field(default_factory=list)
    needs: str | None = None
    most: int | None = None
    after: Callable = lambda: None


@dataclass
class Race:
    """Racers over the same data; the first is the one that the others are compared with. `rounds` is what it needs, where
    that is not for the caller to say. `reads` are the files and folders that the racers read: all are read beforehand, so
    that the first racer does not wait for the disk in place of the others. `after` tidies up when all is over."""

    name: str
    title: str
    size: int
    racers: list
    goals: list = field(default_factory=list)
    rounds: int | None = None
    reads: list = field(default_factory=list)
    after: Callable = lambda: None


@dataclass
class Result:
    """What came of a racer: its runs and its answer, or why it did not run."""

    name: str
    runs: list = field(default_factory=list)
    answer: Answer = field(default_factory=lambda: Answer(None))
    not_run: str | None = None

    def median(self, what):
        return statistics.median(getattr(run, what) for run in self.runs)

    @property
    def least(self):
        return min(run.wall for run in self.runs)

    @property
    def peak(self):
        return max(run.peak for run in self.runs)

    def times(self, other):
        """How many times as long as another it took: the median over the rounds that both ran."""
        return statistics.median(mine.wall / theirs.wall for mine, theirs in zip(self.runs, other.runs))


class Track:
    """Where races are run: on so many cores, with a file for what is printed."""

    def __init__(self, threads, folder):
        self.cores = machine.cores(threads)
        self.output = folder / "output"

    def run(self, command):
        words = [str(word) for word in command]
        words = [*MEASURE, self.cores, str(LIMIT_SECONDS), str(self.output), *words]
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            sys.exit(f"{' '.join(words)}: {ended.stderr}")
        wall, user, system, peak, read, status = ended.stdout.split()
        return Run(float(wall), float(user), float(system), int(peak), int(read), int(status), self.output)

    def race(self, race, claims, rounds, tell=lambda what: None):
        """All rounds of a race. The answer of a racer is that of its first round, and of its probes."""
        results = [Result(racer.name, not_run=why_not(racer, claims)) for racer in race.racers]
        starting = [(racer, result) for racer, result in zip(race.racers, results) if not result.not_run]
        if race.reads:
            self.run(shell(f"find {shlex.join(map(str, race.reads))} -type f -exec cat {{}} + >/dev/null"))
        for number in range(race.rounds or rounds):
            for racer, result in starting:
                if sum(run.wall for run in result.runs) < PATIENCE_SECONDS:
                    tell(f"{race.name}: round {number + 1} of {rounds}, {racer.name}")
                    self.round(racer, result)
        for racer, result in starting:
            for probe in racer.probes:
                tell(f"{race.name}: question to {racer.name}")
                with probe.spoilt():
                    result.answer = both(result.answer, probe.judge(self.run(probe.command)))
        race.after()
        tell("")
        return results

    def round(self, racer, result):
        run = self.run(racer.command)
        answer = racer.judge(run) if not result.runs else ends_alike(run, result.runs[0])
        result.answer = both(result.answer, answer)
        result.runs.append(run)
        racer.after()


def why_not(racer, claims):
    if racer.most and claims > racer.most:
        return f"too slow or too large for more than {racer.most:,} claims"
    if not racer.needs and not shutil.which(racer.command[0]):
        return f"{Path(racer.command[0]).name} is not built"
    return peer.missing(racer.needs)


def ends_alike(run, first):
    return Answer(None) if run.exit == first.exit else Answer(False, f"exit {run.exit}, then {first.exit}")


def both(one, other):
    """Right only if no answer was wrong and one was right."""
    rights = [answer.is_right for answer in (one, other) if answer.is_right is not None]
    says = dict.fromkeys(answer.says for answer in (one, other) if answer.says)
    return Answer(all(rights) if rights else None, "; ".join(says))


def shell(script):
    return ["sh", "-c", script]
