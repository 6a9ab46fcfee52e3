"""The library's browser modules run in any page and any worker: no DOM, and no dependency."""

import re
from pathlib import Path

import pytest

from tests.architecture.repository import LIBRARY, name, sources

MODULES = sources(LIBRARY / "browser", suffix=".js")

DOM = r"""\b(?:document|innerHTML|outerHTML|querySelector(?:All)?|getElementById|createElement|customElements|
    HTML\w*Element|MutationObserver|localStorage|alert|confirm|prompt|XMLHttpRequest|eval|Function)\b(?!\s*:)"""


def code_of(path: Path) -> str:
    """The module without comments, and with what its strings and templates say left out."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    text = re.sub(r"(?m)(?<![:'\"`])//.*$", "", text)
    return re.sub(r"""(['"])(?:\\.|(?!\1).)*\1""", "''", text)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_browser_module_touches_no_dom(path: Path) -> None:
    assert re.findall(DOM, code_of(path), re.VERBOSE) == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_browser_module_imports_only_its_neighbours(path: Path) -> None:
    imported = re.findall(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""", path.read_text())
    neighbours = {f"./{module.name}" for module in MODULES}
    assert set(imported) <= neighbours


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_browser_module_writes_nothing_to_the_console(path: Path) -> None:
    """A console is read by extensions and by support staff: no token may reach it, so nothing does."""
    assert "console." not in code_of(path)


def test_the_check_sees_dom_use_where_there_is_some(tmp_path: Path) -> None:
    module = tmp_path / "stray.js"
    module.write_text("// document\nexport const page = 'document' && document.title;\n")
    assert re.findall(DOM, code_of(module), re.VERBOSE) == ["document"]
