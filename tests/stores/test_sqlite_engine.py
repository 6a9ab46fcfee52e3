"""What the SQLite engine promises beside the contract: durability, secrecy of the file, bounds, company."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from latchstring.errors import ConfigurationError, Conflict, StoreUnavailable
from latchstring.ports import Statement
from latchstring.stores.sessions import SQLSessionStore
from latchstring.stores.sqlite import SQLiteEngine
from latchstring.stores.sqlite_errors import Blame, decide_blame
from tests.stores.engines import running, session_store

pytestmark = pytest.mark.anyio
TABLE = Statement("CREATE TABLE things (name TEXT PRIMARY KEY) STRICT")
NAMES = Statement("SELECT name FROM things ORDER BY name")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def put(name: str) -> Statement:
    return Statement("INSERT INTO things (name) VALUES (:name)", {"name": name})


@pytest.fixture(params=[0o000, 0o022, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


async def test_the_writer_syncs_every_commit_and_the_file_has_a_write_ahead_log(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db") as engine:
        full = 2
        assert await engine.write(Statement("PRAGMA synchronous")) == [[(full,)]]
        assert await engine.write(Statement("PRAGMA journal_mode")) == [[("wal",)]]
        assert await engine.write(Statement("PRAGMA foreign_keys")) == [[(1,)]]


async def test_whatever_the_umask_the_file_and_its_logs_are_for_the_owner_alone(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "new" / "folders"
    async with running(folder / "a.db") as engine:
        await engine.write(TABLE)
        await engine.read(NAMES)
        files = {name: _mode(folder / name) for name in os.listdir(folder)}
        assert files == {"a.db": 0o600, "a.db-shm": 0o600, "a.db-wal": 0o600}
        assert [_mode(each) for each in (folder, folder.parent)] == [0o700, 0o700]


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db") as engine:
        await engine.write(TABLE, put("kept"))
    assert os.listdir(tmp_path) == ["a.db"]
    async with running(tmp_path / "a.db") as engine:
        assert await engine.read(NAMES) == [("kept",)]


async def test_stopping_finishes_what_was_asked_and_refuses_what_comes_later(tmp_path: Path) -> None:
    engine = SQLiteEngine(f"sqlite:///{tmp_path}/a.db")
    await engine.start()
    await engine.write(TABLE)
    asked = [asyncio.ensure_future(engine.write(put(f"{number:03}"))) for number in range(200)]
    await asyncio.sleep(0)
    await engine.stop()
    assert await asyncio.gather(*asked) == [[[]]] * 200
    for late in (engine.write(put("late")), engine.read(NAMES)):
        with pytest.raises(StoreUnavailable):
            await late
    await engine.start()
    assert len(await engine.read(NAMES)) == 200
    await engine.stop()


async def test_a_full_queue_refuses_at_once_and_loses_nothing(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db", queue_limit=10) as engine:
        await engine.write(TABLE)
        writes = [engine.write(put(str(number))) for number in range(25)]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        refused = [outcome for outcome in outcomes if isinstance(outcome, StoreUnavailable)]
        assert len(refused) == 15
        assert len(await engine.read(NAMES)) == 10
        await engine.write(put("and on"))


async def test_no_reader_waits_for_a_writer(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db") as engine:
        await engine.write(TABLE, put("a"))
        other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO things VALUES ('uncommitted')")
        assert await engine.read(NAMES) == [("a",)]
        other.execute("COMMIT")
        assert await engine.read(NAMES) == [("a",), ("uncommitted",)]
        other.close()


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db") as engine:
        await engine.write(TABLE)
        with pytest.raises((sqlite3.OperationalError, StoreUnavailable)):
            await engine.read(put("a"))
        assert await engine.read(NAMES) == []


async def test_another_process_that_holds_the_file_is_waited_for(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db") as engine:
        await engine.write(TABLE)
        other = sqlite3.connect(tmp_path / "a.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        write = asyncio.ensure_future(engine.write(put("patient")))
        await asyncio.sleep(0.05)
        assert not write.done()
        other.execute("COMMIT")
        await write
        other.close()


async def test_a_file_that_stays_locked_is_unavailable_and_comes_back(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db", busy_seconds=0.05) as engine:
        await engine.write(TABLE)
        other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        outcomes = await asyncio.gather(*(engine.write(put(name)) for name in "abc"), return_exceptions=True)
        assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
        other.execute("ROLLBACK")
        other.close()
        await engine.write(put("d"))
        assert await engine.read(NAMES) == [("d",)]


async def test_two_engines_that_start_at_once_make_the_tables_once(tmp_path: Path) -> None:
    async def start() -> int:
        async with session_store(tmp_path / "a.db") as (engine, store):
            assert await store.feed_position() == 0
            return len(await engine.read(Statement("SELECT * FROM latchstring_migrations")))

    there = len(list(SQLSessionStore.migrations.glob("*.sqlite.sql")))
    assert await asyncio.gather(*(start() for _ in range(8))) == [there] * 8


@pytest.mark.parametrize(
    "url",
    ["", "app.db", "sqlite://", "sqlite:///", "sqlite://host/app.db", "sqlite:///a.db?mode=ro", "postgresql:///a"],
)
def test_an_address_that_is_none_says_how_one_looks(url: str) -> None:
    with pytest.raises(ConfigurationError, match="sqlite:///file"):
        SQLiteEngine(url)


async def test_a_path_with_odd_characters_is_taken_as_it_is(tmp_path: Path) -> None:
    where = tmp_path / "a b#c%20d" / "ü.db"
    async with running(where) as engine:
        await engine.write(TABLE)
    assert where.exists()


def _error(work: str) -> sqlite3.Error:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(
        "CREATE TABLE t (a TEXT UNIQUE, b INTEGER NOT NULL CHECK (b > 0)) STRICT; INSERT INTO t VALUES ('x', 1);"
    )
    with pytest.raises(sqlite3.Error) as caught:
        connection.execute(work)
    connection.close()
    return caught.value


@pytest.mark.parametrize(
    ("error", "blame"),
    [
        (_error("INSERT INTO t VALUES ('x', 1)"), Blame.CONFLICT),
        (_error("INSERT INTO t VALUES ('y', 0)"), Blame.CONFLICT),
        (_error("INSERT INTO t VALUES ('y', NULL)"), Blame.STATEMENT),
        (_error("INSERT INTO t VALUES ('y', 'word')"), Blame.STATEMENT),
        (_error("SELECT nonsense"), Blame.STATEMENT),
        (_error("SELECT :missing"), Blame.STATEMENT),
        (_error("PRAGMA max_page_count=2; CREATE TABLE u (a)"), Blame.STATEMENT),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogate"), Blame.STATEMENT),
    ],
)
def test_whose_trouble_an_error_is(error: Exception, blame: Blame) -> None:
    assert decide_blame(error) is blame


@pytest.mark.parametrize("name", ["FULL", "BUSY", "IOERR", "IOERR_FSYNC", "CORRUPT", "READONLY", "CANTOPEN", "NOTADB"])
def test_a_failing_database_is_blamed_on_no_statement(name: str) -> None:
    error = sqlite3.OperationalError(name)
    error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{name}")
    assert decide_blame(error) is Blame.DATABASE


async def test_a_conflict_says_nothing_of_the_values(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db") as engine:
        await engine.write(TABLE, put("a canary"))
        with pytest.raises(Conflict) as caught:
            await engine.write(put("a canary"))
        assert "canary" not in f"{caught.value!r} {caught.value.__cause__!r}"
        assert "canary" not in repr(put("a canary"))
