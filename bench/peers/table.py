"""What a run has found, as lines for a terminal or for a page."""

import math
from collections.abc import Iterator, Sequence

from bench.peers.outcome import OURS, STORM, STORM_LOGIN, Outcome, goals, times
from bench.peers.sample import Cell
from bench.report import Goal, percentile

TITLES = {
    "get": "Authenticated GET",
    "refresh": "Refresh",
    "login": "Login",
    STORM: "Authenticated GET while 8 other connections never stop logging in (compared by the p99)",
    STORM_LOGIN: "Those logins",
}
_HEAD = ["", "conn.", "/s", "[least–most]", "p50 ms", "p99 ms", "CPU µs", "server", "wrk", "PostgreSQL", "ours ÷ it"]


def text(outcome: Outcome) -> str:
    """For a terminal: in columns."""
    lines = [*outcome.machine, ""]
    for kind, title in TITLES.items():
        rows = [_HEAD, *_rows(outcome, kind)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
        lines += [title, *("  " + _in_columns(row, widths) for row in rows), ""]
    lines += [
        "Memory after the run, PSS",
        *(f"  {name:<28}{mib:>6.0f} MiB" for name, mib in outcome.memory.items()),
        "",
    ]
    return "\n".join([*lines, *map(str, goals(outcome)), *(f"({note})" for note in _notes(outcome))])


def markdown(outcome: Outcome) -> str:
    """For the page: the goals first."""
    lines = [*(f"- {line}" for line in outcome.machine), *(f"- {note}" for note in _notes(outcome)), ""]
    lines += _table([["goal", "wanted", "reached", ""], *map(_goal_row, goals(outcome))])
    for kind, title in TITLES.items():
        lines += ["", f"### {title}", *_table([_HEAD, *_rows(outcome, kind)])]
    memory = [[name, f"{mib:.0f} MiB"] for name, mib in outcome.memory.items()]
    lines += ["", "### Memory", *_table([["after the run", "PSS of all its processes"], *memory])]
    return "\n".join(lines)


def _notes(outcome: Outcome) -> list[str]:
    strangers = outcome.strangers() or [math.nan]
    had = (
        f"{percentile(strangers, 0.5):.2f} of a core at the median, and {percentile(strangers, 0.9):.2f} in one of ten"
    )
    return [*outcome.notes, f"other programs had {had} of the bursts"]


def _rows(outcome: Outcome, kind: str) -> Iterator[list[str]]:
    for connections in sorted({cell.connections for cell in outcome.cells}):
        for said in outcome.said(kind):
            cell = outcome.cell(kind, said, connections)
            if cell is not None:
                yield _row(outcome, cell)


def _row(outcome: Outcome, cell: Cell) -> list[str]:
    rates = cell.values("rate")
    ratio = (
        None
        if cell.said == OURS
        else times(outcome, cell.kind, cell.said, cell.connections, "p99" if cell.kind == STORM else "rate")
    )
    return [
        cell.said,
        str(cell.connections),
        _number(cell.median("rate")),
        f"[{_number(min(rates))}–{_number(max(rates))}]",
        *(_number(cell.median(name)) for name in ("p50", "p99", "cpu")),
        *(_share(cell.median(name)) for name in ("server", "wrk", "database")),
        "" if ratio is None else f"{_number(ratio)}×",
    ]


def _goal_row(goal: Goal) -> list[str]:
    digits = ".3f" if goal.wanted < 1 else ".2f"
    bound = "at most" if goal.at_most else "at least"
    return [goal.what, f"{bound} {goal.wanted:{digits}}", f"{goal.got:{digits}}", "met" if goal.met else "**missed**"]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *rest = [f"| {' | '.join(row)} |" for row in rows]
    return [head, "|" + "---|" * len(rows[0]), *rest]


def _in_columns(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = [
        each.ljust(width) if column == 0 else each.rjust(width)
        for column, (each, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join([first, *rest]).rstrip()


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0%}"


def _number(value: float) -> str:
    """Three figures."""
    if math.isnan(value):
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
