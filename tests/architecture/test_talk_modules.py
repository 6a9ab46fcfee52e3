"""What talks to the server about conversations knows of no page: views come and go, and it stays."""

import re
from pathlib import Path

import pytest

from tests.architecture.repository import CHAT, name, sources

MODULES = sources(CHAT / "static" / "talk", suffix=".js")

DOM = r"\b(?:innerHTML|outerHTML|querySelector\w*|getElementById|createElement|customElements|HTML\w*Element)\b"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_of_conversations_touches_no_element_and_imports_none(path: Path) -> None:
    text = path.read_text()
    assert re.findall(DOM, text) == []
    assert "elements/" not in text


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_of_conversations_writes_nothing_to_the_console(path: Path) -> None:
    assert "console." not in path.read_text()
