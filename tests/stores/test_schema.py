"""Which migrations there are, and which are still to be applied."""

from pathlib import Path

import pytest

from latchstring.errors import ConfigurationError
from latchstring.stores.schema import BESIDE_OLDER, Migration, decide_pending, find_migrations
from latchstring.stores.sessions import SQLSessionStore
from tests.stores.engines import running

FIRST, SECOND = Migration(1, "001_first.sql", "one"), Migration(2, "002_second.sql", "two")
KNOWN = [FIRST, SECOND]


@pytest.mark.parametrize(
    ("applied", "pending"),
    [
        ({}, [FIRST, SECOND]),
        ({1: FIRST.checksum}, [SECOND]),
        ({1: FIRST.checksum, 2: SECOND.checksum}, []),
        ({2: SECOND.checksum}, [FIRST]),
        ({1: FIRST.checksum, 2: SECOND.checksum, 3: "+?"}, []),
        ({1: FIRST.checksum, 3: "+?"}, [SECOND]),
    ],
)
def test_what_is_known_and_not_applied_is_pending(applied: dict[int, str], pending: list[Migration]) -> None:
    assert decide_pending("shop", KNOWN, applied) == pending


@pytest.mark.parametrize(
    ("applied", "message"),
    [
        ({1: FIRST.checksum, 2: SECOND.checksum, 3: "?"}, "migration 003 of shop, which this version does not know"),
        ({1: FIRST.checksum, 2: SECOND.checksum, 3: "+?", 4: "?"}, "migration 004 of shop"),
        ({1: FIRST.checksum, 2: SECOND.checksum, 3: "?", 4: "+?"}, "migration 003 of shop"),
        ({1: f"+{FIRST.checksum}"}, r"001_first\.sql of shop was changed after it had been applied"),
        ({1: "another"}, r"001_first\.sql of shop was changed after it had been applied"),
    ],
)
def test_a_database_that_disagrees_is_not_touched(applied: dict[int, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        decide_pending("shop", KNOWN, applied)


def test_a_dialects_own_file_comes_before_the_one_for_all(tmp_path: Path) -> None:
    for name in ("001_first.sql", "001_first.postgres.sql", "002_second.sql", "002_second.sqlite.sql"):
        (tmp_path / name).write_text(name)
    (tmp_path / "README.md").write_text("Not a migration.")
    names = {dialect: [each.name for each in find_migrations(tmp_path, dialect)] for dialect in ("sqlite", "postgres")}
    assert names == {
        "sqlite": ["001_first.sql", "002_second.sqlite.sql"],
        "postgres": ["001_first.postgres.sql", "002_second.sql"],
    }


@pytest.mark.parametrize("names", [["1_first.sql"], ["001 first.sql"], ["002_second.sql"], ["001_a.sql", "003_c.sql"]])
def test_files_out_of_order_are_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(ConfigurationError, match="migration"):
        find_migrations(tmp_path, "sqlite")


def test_line_endings_do_not_change_a_checksum(tmp_path: Path) -> None:
    (tmp_path / "001_first.sql").write_bytes(b"one\ntwo\n")
    [unix] = find_migrations(tmp_path, "sqlite")
    (tmp_path / "001_first.sql").write_bytes(b"one\r\ntwo\r\n")
    assert find_migrations(tmp_path, "sqlite")[0].checksum == unix.checksum


def test_a_migration_says_in_its_first_line_that_older_versions_may_run_beside_it() -> None:
    mark = f"{BESIDE_OLDER}\n"
    assert Migration(1, "001_a.sql", f"{mark}one").checksum.startswith("+")
    for script in ("one", f"one\n{mark}", BESIDE_OLDER.lower()):
        assert not Migration(1, "001_a.sql", script).checksum.startswith("+")


def written(folder: Path, *scripts: str) -> Path:
    """The migrations of a version that has just these."""
    folder.mkdir()
    for number, script in enumerate(scripts, 1):
        (folder / f"{number:03}_made.sql").write_text(script)
    return folder


@pytest.mark.anyio
async def test_an_older_version_starts_beside_a_newer_one_where_the_migration_allows_it(
    where: Path | str, tmp_path: Path
) -> None:
    first, second, third = "CREATE TABLE a (x TEXT);", f"{BESIDE_OLDER}\nCREATE TABLE b (x TEXT);", "DROP TABLE a;"
    async with running(where) as engine:
        older, newer = written(tmp_path / "older", first), written(tmp_path / "newer", first, second)
        for folder in (newer, older, written(tmp_path / "newest", first, second, third)):
            await engine.migrate("shop", folder)
        for folder in (newer, older):
            with pytest.raises(ConfigurationError, match="migration 003 of shop"):
                await engine.migrate("shop", folder)


def test_the_sessions_migrations_are_shipped_beside_the_store() -> None:
    assert [each.number for each in find_migrations(SQLSessionStore.migrations, "sqlite")] == [1, 2]
