"""The library reads no environment; the chat reads it in one file, and opens its database in one."""

import ast
from pathlib import Path

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


CLOCK = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow"}
DICE = {"os.urandom", "secrets.token_bytes", "secrets.token_urlsafe", "random.random", "uuid.uuid4"}


def test_the_library_reads_the_clock_in_one_file() -> None:
    assert places(CLOCK, LIBRARY) <= {"src/latchstring/database_clock.py"}


def test_the_library_takes_its_entropy_from_the_front_door() -> None:
    adapters = {
        "src/latchstring/hashing.py",  # salts, inside what hashes
        "src/latchstring/key_file.py",  # secrets before there is a front door, and the name of a file beside
    }
    roots = {"src/latchstring/front.py", "src/latchstring/web_tier_alone.py"}
    assert places(DICE, LIBRARY) <= adapters | roots
