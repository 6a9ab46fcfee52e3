"""Files and functions stay small enough to be read in one go."""

import ast
import math

import pytest

from tests.architecture.repository import CHAT, LIBRARY, name, sources

ALARM = 270
FILES_WITH_A_REASON: dict[str, str] = {}
"""A file over the alarm, and the reason why it is one."""

FUNCTION_LINES_AT_THE_90TH = 25


def lengths_of_files() -> dict[str, int]:
    files = [*sources(LIBRARY, CHAT), *sources(LIBRARY / "browser", CHAT, suffix=".js")]
    return {name(path): len(path.read_text().splitlines()) for path in files}


def test_no_file_is_longer_than_the_alarm_without_a_written_reason() -> None:
    long = {path for path, lines in lengths_of_files().items() if lines > ALARM}
    assert long == set(FILES_WITH_A_REASON)


def test_nine_functions_in_ten_have_at_most_twenty_five_lines() -> None:
    lengths = sorted(lines for lines, _ in _functions())
    at_the_90th = lengths[math.ceil(len(lengths) * 0.9) - 1]
    assert at_the_90th <= FUNCTION_LINES_AT_THE_90TH, sorted(_functions(), reverse=True)[:10]


def _functions() -> list[tuple[int, str]]:
    """The length of each function, without its docstring."""
    found = []
    for path in sources(LIBRARY, CHAT):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                doc = node.body[0] if ast.get_docstring(node) else None
                prose = doc.end_lineno - doc.lineno + 1 if doc and doc.end_lineno else 0
                found.append(((node.end_lineno or node.lineno) - node.lineno + 1 - prose, f"{name(path)}:{node.name}"))
    return found


@pytest.mark.parametrize("vague", ["util", "utils", "helper", "helpers", "common", "manager", "service", "misc"])
def test_no_file_hides_behind_a_vague_name(vague: str) -> None:
    assert [name(path) for path in sources(LIBRARY, CHAT) if vague in (path.stem, path.parent.name)] == []
