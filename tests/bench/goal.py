"""What a stage is to reach, and whether it did."""

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Verdict:
    """`is_met` is none where a goal could not be measured."""

    goal: str
    is_met: bool | None
    says: str


@dataclass
class Faster:
    """To take at most one `factor`-th of another racer's time. `limit` names racers that do, one behind the other, a part
    of the work that nobody can do without."""

    than: str
    factor: float
    by: str = "affiant"
    limit: tuple = ()

    def __str__(self):
        return f"{self.by}: at least {self.factor:g}x as fast as {self.than}"

    def judge(self, results):
        mine, other = results[self.by], results[self.than]
        if not (mine.runs and other.runs):
            return unmeasured(self, mine, other)
        ratio = other.times(mine)
        reach = at_limit(results, self.limit, lambda limits: 1 / sum(1 / other.times(limit) for limit in limits))
        return measured(self, ratio >= self.factor, f"{ratio:.2f}x", self.factor / ratio, reach)


@dataclass
class Within:
    """To take at most `factor` times the time of the fastest of other racers. `limit` as in `Faster`."""

    factor: float
    of: list
    by: str = "affiant"
    limit: tuple = ()

    def __str__(self):
        return f"{self.by}: within {self.factor:g}x of {' or '.join(self.of)}"

    def judge(self, results):
        mine, others = results[self.by], [results[name] for name in self.of]
        if not (mine.runs and all(other.runs for other in others)):
            return unmeasured(self, mine, *others)
        ratio = max(mine.times(other) for other in others)
        reach = at_limit(results, self.limit, lambda limits: max(sum(limit.times(other) for limit in limits) for other in others))
        return measured(self, ratio <= self.factor, f"{ratio:.2f}x", ratio / self.factor, reach)


@dataclass
class Peak:
    """To hold at most so many bytes."""

    bound: int
    by: str = "affiant"

    def __str__(self):
        return f"{self.by}: at most {self.bound / 2**20:.0f} MiB"

    def judge(self, results):
        mine = results[self.by]
        if not mine.runs:
            return unmeasured(self, mine)
        return measured(self, mine.peak <= self.bound, f"{mine.peak / 2**20:.0f} MiB", mine.peak / self.bound)


@dataclass
class Processor:
    """To use at most so many seconds of processor time. `limit` names a racer that does nothing at all."""

    bound: float
    by: str = "affiant"
    limit: str | None = None

    def __str__(self):
        return f"{self.by}: at most {self.bound * 1000:.0f} ms of processor time"

    def judge(self, results):
        mine = results[self.by]
        if not mine.runs:
            return unmeasured(self, mine)
        seconds, limit = mine.median("cpu"), results.get(self.limit)
        reach = f"; nothing but {self.limit}: {limit.median('cpu') * 1000:.1f} ms" if limit and limit.runs else ""
        return measured(self, seconds <= self.bound, f"{seconds * 1000:.1f} ms", seconds / self.bound, reach)


@dataclass
class Size:
    """To be a file of at most so many bytes."""

    file: Path
    bound: int

    def __str__(self):
        return f"the binary: at most {self.bound / 10**6:.0f} MB"

    def judge(self, _results):
        size = self.file.stat().st_size
        return measured(self, size <= self.bound, f"{size / 10**6:.1f} MB", size / self.bound)


def measured(goal, is_met, says, excess, reach=""):
    """`reach` is what part of the work comes to, which is told where the goal is missed."""
    return Verdict(str(goal), is_met, f"met: {says}" if is_met else f"missed: {says}, off by {excess:.2f}x{reach}")


def at_limit(results, names, ratio):
    """What the ratio would be of whoever did nothing but what the racers of these names do."""
    limits = [results[name] for name in names]
    return f"; nothing but {' and '.join(names)}: {ratio(limits):.2f}x" if limits and all(limit.runs for limit in limits) else ""


def unmeasured(goal, *results):
    why = "; ".join(f"{result.name}: {result.not_run}" for result in results if not result.runs)
    return Verdict(str(goal), None, f"not measured ({why})")


def memory_bound(claims):
    """Bytes that a stage may hold: 128 MiB and 32 bytes a claim."""
    return 128 * 2**20 + 32 * claims
