"""Every row of a SQLite database, into an empty PostgreSQL database that has the same tables."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence

import asyncpg

from latchstring.errors import ConfigurationError, StoreUnavailable
from latchstring.stores.postgres_address import PostgresAddress
from latchstring.stores.postgres_errors import Blame, decide_blame
from latchstring.stores.postgres_line import Line
from latchstring.stores.sqlite_errors import MOVED
from latchstring.stores.sqlite_file import SQLiteFile

Say = Callable[[str], None]

_OWN = "latchstring_migrations"
"""Each database keeps its own."""
_FOREIGN_KEYS = """
SELECT DISTINCT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND conrelid <> confrelid"""
# Of tables alone: extensions bring views.
_COLUMNS = """
SELECT table_name, column_name, is_identity = 'YES' FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position"""


def hold_alone(file: SQLiteFile) -> sqlite3.Connection:
    """Until it is closed nobody else reads or writes there. Raises ConfigurationError where another process has the
    file open, or StoreUnavailable."""
    connection = file.open_writer()
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        # Whoever has the file open keeps a lock on it as long as there is a write-ahead log, idle or not: to do away
        # with that log is refused then, and a server that nobody has stopped is found.
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as trouble:
        connection.close()
        if getattr(trouble, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or file.path is None:
            raise StoreUnavailable from trouble
        raise ConfigurationError(
            f"{file.path.name} is open in another process, a server likely. Stop it, and move again: nothing was moved."
        ) from None
    return connection


async def copy_database(old: sqlite3.Connection, address: PostgresAddress, say: Say) -> int:
    """All rows or none; how many there are. `old` is held alone, and nobody writes there any more afterwards. Raises
    ConfigurationError or StoreUnavailable, and nothing was moved then (where the connection broke at the commit itself,
    nobody knows); or AllMoved."""
    new = await Line.open(address, statement_timeout="0", idle_in_transaction_session_timeout="0")
    try:
        async with new.raw.transaction():
            rows = await _copy_all(old, new.raw, say)
            # Before the rows are there for good: it may have no room for it.
            _end_writing(old)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error) as trouble:
        raise StoreUnavailable(
            f"a database, or the connection to it, failed while rows were copied ({type(trouble).__name__})"
        ) from None
    finally:
        await new.close()
    try:
        old.execute("COMMIT")
    except sqlite3.Error as trouble:
        raise AllMoved from trouble
    return rows


class AllMoved(Exception):
    """But the old file is as it was, and can be written into."""


def _end_writing(old: sqlite3.Connection) -> None:
    """A server that was starting meanwhile has the file open, whatever its name is by then: what it would write there,
    nobody would find again. From the commit on it cannot (StoreUnavailable)."""
    for table in _columns_of(old):
        for verb in ("INSERT", "UPDATE", "DELETE"):
            old.execute(
                f"CREATE TRIGGER latchstring_moved_{table}_{verb} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{MOVED}'); END"
            )


async def _copy_all(old: sqlite3.Connection, new: asyncpg.Connection, say: Say) -> int:
    there = _columns_of(old)
    columns: dict[str, list[str]] = {}
    identities: dict[str, str] = {}
    for table, column, is_identity in await new.fetch(_COLUMNS):
        columns.setdefault(table, []).append(column)
        if is_identity:
            identities[table] = column
    columns.pop(_OWN, None)
    _check_same({name: set(each) for name, each in columns.items()}, there)
    total = 0
    for table in _in_order(sorted(columns), [tuple(row) for row in await new.fetch(_FOREIGN_KEYS)]):
        if await new.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table})"):  # noqa: S608 - a name from the catalogue
            raise ConfigurationError(f"The PostgreSQL database has rows in {table} already: give an empty one.")
        total += await _copy(old, new, table, columns[table], say)
    for table, column in identities.items():
        await _go_on_counting(old, new, table, column)
    return total


def _columns_of(old: sqlite3.Connection) -> dict[str, set[str]]:
    names = [name for (name,) in old.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {
        name: {row[1] for row in old.execute(f"PRAGMA table_info({name})")}
        for name in names
        if not name.startswith("sqlite_") and name != _OWN
    }


def _check_same(new: dict[str, set[str]], old: dict[str, set[str]]) -> None:
    if different := sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)):
        raise ConfigurationError(f"The two databases differ in {', '.join(different)}: name the app's own tables.")


def _in_order(tables: Sequence[str], references: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Whatever is referred to comes first. Raises ConfigurationError for a circle."""
    left = list(tables)
    while left:
        free = [each for each in left if not any(one == each and other in left for one, other in references)]
        if not free:
            raise ConfigurationError(f"Tables that refer to each other in a circle cannot be moved: {', '.join(left)}.")
        yield from free
        left = [each for each in left if each not in free]


async def _copy(old: sqlite3.Connection, new: asyncpg.Connection, table: str, columns: list[str], say: Say) -> int:
    names = ", ".join(columns)
    rows = old.execute(f"SELECT {names} FROM {table}")  # noqa: S608 - names from the catalogue
    try:
        # Row by row from the one to the other: a million messages need no more memory than one.
        await new.copy_records_to_table(table, records=rows, columns=columns)
    except (asyncpg.PostgresError, asyncpg.DataError, UnicodeError) as trouble:
        if decide_blame(trouble) is Blame.DATABASE:
            raise
        # Without its words: they quote the row.
        raise ConfigurationError(
            f"A row of {table} cannot be stored in PostgreSQL ({type(trouble).__name__}). Nothing was moved."
        ) from None
    [(expected,)] = old.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
    copied = await new.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
    if copied != expected:
        raise ConfigurationError(f"{copied} of {expected} rows of {table} arrived. Nothing was moved.")
    say(f"{table}: {copied} rows")
    return int(copied)


async def _go_on_counting(old: sqlite3.Connection, new: asyncpg.Connection, table: str, column: str) -> None:
    """A number that was given is not given again, even where its row is forgotten."""
    given = old.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    if given is not None and given[0] > 0:
        await new.execute("SELECT setval(pg_get_serial_sequence($1, $2), $3)", table, column, given[0])
