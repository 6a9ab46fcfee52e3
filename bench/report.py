"""What a measure says: figures with their spread, and whether the goal was met."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured several times, in the unit given. `show_p99` where the tail is what matters."""

    what: str
    unit: str
    values: Sequence[float]
    show_p99: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p99(self) -> float:
        return percentile(self.values, 0.99)

    def __str__(self) -> str:
        spread = f"[{_short(min(self.values))}–{_short(max(self.values))}]"
        tail = f"   p99 {_short(self.p99)}" if self.show_p99 else ""
        return f"{self.what:<62}{_short(self.median):>9} {self.unit:<8} {spread}{tail}"


@dataclass(frozen=True, slots=True)
class Goal:
    """`wanted` is the least, or with `at_most` the most, that `got` may be."""

    what: str
    wanted: float
    got: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        return self.got <= self.wanted if self.at_most else self.got >= self.wanted

    def __str__(self) -> str:
        bound = "at most" if self.at_most else "at least"
        verdict = "met" if self.met else "MISSED"
        return f"goal: {self.what} {bound} {self.wanted:.2f}; it is {self.got:.3f}: {verdict}"


@dataclass(frozen=True, slots=True)
class Report:
    title: str
    figures: Sequence[Figure]
    goal: Goal | None = None
    notes: Sequence[str] = field(default_factory=tuple)

    def __str__(self) -> str:
        lines = [self.title, *(f"  {figure}" for figure in self.figures), *(f"  ({note})" for note in self.notes)]
        return "\n".join([*lines, f"  {self.goal}"] if self.goal else lines)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every measure is given: a folder on the disk that is measured, and whether tiny numbers will do."""

    folder: Path
    quick: bool = False


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def ratios(ours: Sequence[float], beside: Sequence[float]) -> list[float]:
    """Round by round: what was measured next to each other is compared, so that a machine's moods cancel out."""
    return [one / other for one, other in zip(ours, beside, strict=True)]


def _short(value: float) -> str:
    """Three figures, and no more noughts than it takes."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
