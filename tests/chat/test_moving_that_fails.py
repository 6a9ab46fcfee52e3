"""A move that fails at whatever moment: nothing was moved, or all was, and it is said which."""

import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from latchstring import ConfigurationError, StoreUnavailable, move_database, moving
from latchstring.stores import postgres_moving
from latchstring.stores.accounts import SQLAccountStore
from latchstring.stores.postgres import PostgresEngine
from latchstring.stores.postgres_moving import hold_alone
from latchstring.stores.sessions import SQLSessionStore
from latchstring.stores.sqlite_file import SQLiteFile
from tests.chat import house as houses
from tests.chat.test_moving import TABLES, postgres_rows, settings, sqlite_rows

pytestmark = pytest.mark.anyio

STORES = SQLSessionStore, SQLAccountStore


@pytest.fixture
async def source(anyio_backend: str, tmp_path: Path) -> str:
    """A chat on SQLite that was stopped, with somebody in it."""
    url = f"sqlite:///{tmp_path}/chat.db"
    async with houses.opened(**settings(url, tmp_path)) as house:
        await house.person("Anna")
    return url


@pytest.mark.parametrize(
    "fails", ["RAISE EXCEPTION 'canary' USING ERRCODE = 'disk_full'", "PERFORM pg_terminate_backend(pg_backend_pid())"]
)
async def test_a_database_that_fails_under_a_row_is_no_fault_of_the_row(
    source: str, tmp_path: Path, postgres_url: str, fails: str
) -> None:
    await _made_to_fail(postgres_url, fails)
    before = sqlite_rows(tmp_path / "chat.db")
    with pytest.raises(StoreUnavailable, match="while rows were copied") as trouble:
        await move_database(source, postgres_url, TABLES)
    assert "canary" not in str(trouble.value)
    assert sqlite_rows(tmp_path / "chat.db") == before


async def _made_to_fail(url: str, statement: str) -> None:
    await moving._migrate(PostgresEngine(url), [(each.component, each.migrations) for each in STORES] + TABLES)
    connection = await asyncpg.connect(url)
    await connection.execute(
        f"CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NEW; END $$; "
        "CREATE TRIGGER fails BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION fails()"
    )
    await connection.close()


async def test_an_old_file_that_has_no_room_for_what_ends_its_writing_takes_the_move_back(
    source: str, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sqlite_rows(tmp_path / "chat.db")

    def full(file: SQLiteFile) -> sqlite3.Connection:
        held = hold_alone(file)
        [(pages,)] = held.execute("PRAGMA page_count")
        held.execute(f"PRAGMA max_page_count = {pages}")
        return held

    with monkeypatch.context() as patched:
        patched.setattr(postgres_moving, "hold_alone", full)
        with pytest.raises(StoreUnavailable):
            await move_database(source, postgres_url, TABLES)
    assert sqlite_rows(tmp_path / "chat.db") == before
    await move_database(source, postgres_url, TABLES)


class _FailsAtItsCommit:
    def __init__(self, held: sqlite3.Connection) -> None:
        self._held = held

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        return self._held.execute(sql, *values)

    def close(self) -> None:
        self._held.close()


async def test_where_all_was_moved_and_only_the_old_file_is_left_it_is_told_what_to_do(
    source: str, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sqlite_rows(tmp_path / "chat.db")
    monkeypatch.setattr(postgres_moving, "hold_alone", lambda file: _FailsAtItsCommit(hold_alone(file)))
    with pytest.raises(ConfigurationError, match=r"^All rows are in PostgreSQL.* chat\.db .*: put it somewhere else"):
        await move_database(source, postgres_url, TABLES)
    assert await postgres_rows(postgres_url, before, tmp_path / "chat.db") == before


async def test_an_old_file_that_cannot_be_renamed_is_told_of_too(
    source: str, tmp_path: Path, postgres_url: str
) -> None:
    (tmp_path / "chat.db.moved").mkdir()
    with pytest.raises(ConfigurationError, match=r"^All rows are in PostgreSQL.* chat\.db .*: put it somewhere else"):
        await move_database(source, postgres_url, TABLES)
