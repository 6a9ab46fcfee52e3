"""The library reads no environment; the chat reads it in one file, and opens its database in one."""

import ast
from pathlib import Path

import pytest

from tests.architecture.repository import CHAT, LIBRARY, name, sources


def places(what: set[str], *folders: Path) -> set[str]:
    """The files in which one of these dotted names, or names called, stands."""
    return {
        name(path)
        for path in sources(*folders)
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in what)
        or (isinstance(node, ast.ImportFrom) and {f"{node.module}.{alias.name}" for alias in node.names} & what)
    }


ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv"}


def test_the_library_reads_no_environment() -> None:
    assert places(ENVIRONMENT, LIBRARY) == set()


def test_only_the_settings_of_the_chat_read_the_environment() -> None:
    assert places(ENVIRONMENT, CHAT) == {"chat/settings.py"}


def test_only_the_composition_root_of_the_chat_opens_a_database() -> None:
    assert places({"Latchstring", "latchstring.Latchstring"}, CHAT) == {"chat/app.py"}


@pytest.mark.parametrize("clock", [{"time.time", "time.time_ns", "datetime.now", "datetime.utcnow"}])
@pytest.mark.parametrize("dice", [{"os.urandom", "secrets.token_bytes", "random.random", "uuid.uuid4"}])
def test_the_library_takes_its_clock_and_its_entropy_from_the_front_door(clock: set[str], dice: set[str]) -> None:
    assert (
        places(clock | dice, LIBRARY)
        <= {
            "src/latchstring/front.py",
            "src/latchstring/hashing.py",  # once, for the hash of nobody's password: unpredictable, and no input of any decision
        }
    )
