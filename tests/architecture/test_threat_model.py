"""The threat model names files and tests: each of them exists, and each attack has both."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT

TEXT = (ROOT / "docs" / "threat-model.md").read_text()
ATTACKS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT[TEXT.index("\n## Attacks\n") : TEXT.index("\n## A script in our own page\n")].splitlines()
    if line.startswith("| ") and not line.startswith("| attack |")
]
CODE = r"`([\w/.-]+\.(?:py|js))`"
TEST = r"`(tests/[\w/]+\.py)::(\w+)`"


def test_there_are_attacks_to_look_at() -> None:
    assert len(ATTACKS) > 30
    assert {len(row) for row in ATTACKS} == {4}


@pytest.mark.parametrize("row", ATTACKS, ids=lambda row: row[0][:60])
def test_an_attack_names_the_file_that_stops_it_and_the_test_that_shows_it(row: list[str]) -> None:
    assert re.fullmatch(rf"(?:{CODE} ?)+", row[2]), "the third column is files alone"
    assert re.fullmatch(rf"(?:{TEST} ?)+", row[3]), "the fourth column is tests alone"


@pytest.mark.parametrize("path", sorted(set(re.findall(CODE, TEXT))))
def test_a_file_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).is_file()


@pytest.mark.parametrize(("path", "function"), sorted(set(re.findall(TEST, TEXT))))
def test_a_test_that_is_named_exists(path: str, function: str) -> None:
    assert function in _functions(ROOT / path)


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_nothing_that_looks_like_a_test_is_misspelt() -> None:
    assert len(re.findall("::", TEXT)) == len(re.findall(TEST, TEXT)) + TEXT.count("`file::function`")
