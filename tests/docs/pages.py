"""The Markdown files of the repository, and the Python in them as it runs."""

import re
from pathlib import Path
from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

ROOT = Path(__file__).resolve().parents[2]


def markdown_files() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def has_python(page: Path) -> bool:
    return "```python\n" in page.read_text()


def run_page(page: str | Path) -> dict[str, Any]:
    """Runs every Python block of a page, in order, in one namespace, which it returns."""
    namespace: dict[str, Any] = {}
    for example in _examples(page):
        example.namespace = namespace
        example.evaluate()
    return namespace


def run_block(page: str | Path, number: int) -> dict[str, Any]:
    """Runs one Python block of a page alone."""
    example = _examples(page)[number]
    example.namespace = {}
    example.evaluate()
    namespace: dict[str, Any] = example.namespace
    return namespace


def _examples(page: str | Path) -> list[Any]:
    sybil = Sybil(parsers=[PythonCodeBlockParser()])
    return list(sybil.parse(ROOT / page).examples())


def blocks(page: str | Path, language: str) -> list[str]:
    """The blocks of another language, as text."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
