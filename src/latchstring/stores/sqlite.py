"""SQLite as an engine: one writer thread that groups commits, and readers beside it."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from latchstring.errors import Conflict, LatchstringError, StoreUnavailable
from latchstring.ports import Row, Statement
from latchstring.stores.lane import Lane
from latchstring.stores.schema import apply_migrations
from latchstring.stores.sqlite_errors import Blame, conflict, decide_blame, unavailable
from latchstring.stores.sqlite_file import SQLiteFile

Write = tuple[Statement, ...]
Rows = list[Row]


class SQLiteEngine:
    """`sqlite:///path`, or `sqlite:///:memory:`, which lives as long as the engine runs.

    A file is shared with other processes in peace: whoever finds it locked waits for `busy_seconds`, then gets
    StoreUnavailable. Constraints must not be deferred: one that breaks at the commit would fail the whole group.
    """

    dialect = "sqlite"

    def __init__(self, url: str, *, readers: int = 2, queue_limit: int = 10_000, busy_seconds: float = 5.0) -> None:
        self._file = SQLiteFile.from_url(url, busy_seconds=busy_seconds)
        self._reader_count = readers
        self._queue_limit = queue_limit
        self._writes: Lane[Write, list[Rows]] | None = None
        self._reads: Lane[Statement, Rows] | None = None

    async def start(self) -> None:
        """Opens the file, making it if it is not there. Raises ConfigurationError or StoreUnavailable."""
        await asyncio.to_thread(self._file.prepare)
        writer = _Writer(self._file)
        await asyncio.to_thread(writer.open)
        self._writes = Lane("writer", [writer], limit=self._queue_limit)
        if self._file.path is not None:
            readers = [_Reader(self._file) for _ in range(self._reader_count)]
            self._reads = Lane("reader", readers, limit=self._queue_limit)

    async def stop(self) -> None:
        """Finishes what was submitted, and closes. Later calls raise StoreUnavailable."""
        reads, writes, self._reads, self._writes = self._reads, self._writes, None, None
        if reads is not None:
            await reads.close()
        if writes is not None:
            await writes.close()

    async def read(self, statement: Statement) -> list[Row]:
        if self._reads is not None:
            return await self._reads.submit(statement)
        # A database in memory belongs to one connection.
        [rows] = await self.write(statement)
        return rows

    async def write(self, *statements: Statement) -> list[list[Row]]:
        if self._writes is None:
            raise StoreUnavailable
        return await self._writes.submit(statements)

    async def migrate(self, component: str, folder: Path) -> None:
        """Applies the component's numbered .sql files. Raises ConfigurationError where code and database disagree."""
        await apply_migrations(self, component, folder, dialect=self.dialect, split=_split)


class _Writer:
    """Whatever waits is one transaction and one sync; a job that fails is rolled back alone."""

    def __init__(self, file: SQLiteFile) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None

    def open(self) -> sqlite3.Connection:
        self._connection = self._connection or self._file.open_writer()
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def work(self, writes: Sequence[Write]) -> Sequence[list[Rows] | Exception]:
        try:
            cursor = self.open().cursor()
            cursor.execute("BEGIN IMMEDIATE")
            outcomes = [_run(cursor, write) for write in writes]
            cursor.execute("COMMIT")
        except Exception as trouble:  # noqa: BLE001 - handed to everybody who asked: this thread must not end
            self._give_up()
            return [unavailable(trouble) for _ in writes]
        return outcomes

    def _give_up(self) -> None:
        """Nothing of the batch is kept. A connection that saw a failing disk is not trusted again."""
        if self._connection is None:
            return
        if self._file.path is None:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return
        self.close()


def _run(cursor: sqlite3.Cursor, write: Write) -> list[Rows] | Exception:
    """Runs one job; returns its own failure, and raises what is the database's."""
    # A single statement is undone by SQLite itself when it fails.
    guarded = len(write) > 1 or write[0].needs_row
    try:
        if guarded:
            cursor.execute("SAVEPOINT job")
        rows = [_rows(cursor, statement) for statement in write]
        if guarded:
            cursor.execute("RELEASE job")
    except Exception as error:
        blame = Blame.CONFLICT if isinstance(error, Conflict) else decide_blame(error)
        if blame is Blame.DATABASE or not cursor.connection.in_transaction:
            raise
        if guarded:
            cursor.execute("ROLLBACK TO job")
            cursor.execute("RELEASE job")
        return conflict(error) if isinstance(error, sqlite3.Error) and blame is Blame.CONFLICT else error
    return rows


def _rows(cursor: sqlite3.Cursor, statement: Statement) -> Rows:
    if statement.dialect not in (None, SQLiteEngine.dialect):
        return []
    rows = cursor.execute(statement.sql, statement.params).fetchall()
    if statement.needs_row and not rows:
        raise Conflict
    return rows


class _Reader:
    """Each statement sees the newest commit; no reader ever waits for the writer."""

    def __init__(self, file: SQLiteFile) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def work(self, statements: Sequence[Statement]) -> Sequence[Rows | Exception]:
        return [self._read(statement) for statement in statements]

    def _read(self, statement: Statement) -> Rows | Exception:
        try:
            self._connection = self._connection or self._file.open_reader()
            return self._connection.execute(statement.sql, statement.params).fetchall()
        except Exception as error:  # noqa: BLE001 - handed to whoever asked
            if not isinstance(error, LatchstringError) and decide_blame(error) is not Blame.DATABASE:
                return error
            self.close()
            return unavailable(error)


def _split(script: str) -> list[str]:
    """The statements of a script; a trigger's body is part of its statement."""
    statements, part = [], ""
    for line in script.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            statements.append(part.strip())
            part = ""
    return [*statements, part.strip()] if part.strip() else statements
