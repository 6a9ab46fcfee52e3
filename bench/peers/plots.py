"""Bars, as SVG written by hand: readable by day and by night, and by whoever reads the text of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bench.peers.outcome import OURS, STORM, Outcome

_WIDTH, _LABELS, _NUMBERS, _ROW, _HEAD = 860, 290, 90, 26, 62
_STYLE = """
    .paper { fill: #ffffff } .text { fill: #24292f } .note { fill: #57606a }
    .ours { fill: #1a7f64 } .peer { fill: #8c959f }
    text { font: 14px system-ui, sans-serif } .title { font-size: 16px; font-weight: 600 } .note { font-size: 12px }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #161b22 } .text { fill: #e6edf3 } .note { fill: #9da7b1 }
      .ours { fill: #3fb68b } .peer { fill: #6e7681 }
    }
  """


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    value: float

    @property
    def is_ours(self) -> bool:
        return self.label.startswith(OURS)


def write_plots(outcome: Outcome, folder: Path) -> list[Path]:
    """One for each of what was asked: a second at 64 connections, and for the storm the time that 1 % exceed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for kind, title, note in (
        ("get", "Authenticated GETs a second", "64 connections, one process on one core; median of the rounds"),
        (
            "refresh",
            "Refreshes a second",
            "64 connections, one process on one core; each is on the disk before it is answered",
        ),
        ("login", "Logins a second", "64 connections, one core; argon2id of 19 MiB, t=2, p=1 in all of them"),
    ):
        made.append(_write(folder / f"peers-{kind}.svg", title, note, _bars(outcome, kind, 64, "rate")))
    note = "99th percentile in milliseconds, 16 connections, one core; shorter is better"
    made.append(
        _write(
            folder / "peers-storm.svg",
            "GETs while 8 others never stop logging in",
            note,
            _bars(outcome, STORM, 16, "p99"),
        )
    )
    return made


def svg(title: str, note: str, bars: Sequence[Bar]) -> str:
    height = _HEAD + _ROW * len(bars) + 14
    most = max(bar.value for bar in bars)
    room = _WIDTH - _LABELS - _NUMBERS
    rows = [_bar(bar, _HEAD + _ROW * place, room * bar.value / most) for place, bar in enumerate(bars)]
    said = "; ".join(f"{bar.label}: {_number(bar.value)}" for bar in bars)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            f"  <title>{escape(title)}</title><desc>{escape(said)}</desc>",
            f"  <style>{_STYLE}</style>",
            f'  <rect class="paper" width="{_WIDTH}" height="{height}" rx="8"/>',
            f'  <text class="text title" x="16" y="28">{escape(title)}</text>',
            f'  <text class="note" x="16" y="48">{escape(note)}</text>',
            *rows,
            "</svg>\n",
        ]
    )


def _bars(outcome: Outcome, kind: str, connections: int, name: str) -> list[Bar]:
    cells = (outcome.cell(kind, said, connections) for said in outcome.said(kind))
    return [Bar(cell.said, cell.median(name)) for cell in cells if cell is not None]


def _bar(bar: Bar, top: int, length: float) -> str:
    kind, middle = "ours" if bar.is_ours else "peer", top + 17
    label = f'<text class="text" x="{_LABELS - 10}" y="{middle}" text-anchor="end">{escape(bar.label)}</text>'
    drawn = (
        f'<rect class="{kind}" x="{_LABELS}" y="{top + 3}" width="{max(1.0, length):.1f}" height="{_ROW - 6}" rx="3"/>'
    )
    number = f'<text class="text" x="{_LABELS + length + 8:.1f}" y="{middle}">{_number(bar.value)}</text>'
    return f"  {label}{drawn}{number}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _write(path: Path, title: str, note: str, bars: Sequence[Bar]) -> Path:
    path.write_text(svg(title, note, bars))
    return path
