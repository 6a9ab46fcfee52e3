"""Writes the figures and the pictures of docs/performance-peers.md anew; what people have written there stays."""

from pathlib import Path

from bench.peers.outcome import Outcome
from bench.peers.plots import write_plots
from bench.peers.table import markdown

PAGE = "performance-peers.md"
BEGIN, END = "<!-- figures: written by python -m bench.peers --publish -->", "<!-- end of figures -->"


def publish(outcome: Outcome, docs: Path) -> list[Path]:
    """Raises ValueError where the page has no place for figures."""
    plots = write_plots(outcome, docs / "images")
    pictures = [f"![{_alternative(path)}](images/{path.name})" for path in plots]
    page = docs / PAGE
    page.write_text(with_figures(page.read_text(), "\n\n".join([*pictures, markdown(outcome)])))
    return [page, *plots]


def with_figures(page: str, figures: str) -> str:
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has no place for figures: it needs {BEGIN} and {END}")
    return f"{before}{begin}\n{figures}\n{end}{after}"


def _alternative(path: Path) -> str:
    words = {
        "get": "Authenticated GETs",
        "refresh": "Refreshes",
        "login": "Logins",
        "storm": "GETs while others log in",
    }
    what = words[path.stem.removeprefix("peers-")]
    return f"{what}: Latchstring beside its peers, as bars; the tables have the numbers"
