"""One connection to PostgreSQL, and the statements that are prepared on it."""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import asyncpg

from latchstring.errors import Conflict
from latchstring.ports import Row, Statement, Value
from latchstring.stores.postgres_address import PostgresAddress
from latchstring.stores.postgres_connecting import connect
from latchstring.stores.postgres_sql import arguments, can_repeat, marked, numbered, returns_rows

ANSWER_SECONDS = 10.0
"""For one unit of work. Then nobody knows what became of it, and its connection is not used again."""
MOST_PREPARED = 500
"""Statements. Those that list people have a text for each number of them."""

_ON_THE_SERVER = {
    "application_name": "latchstring",
    # It ends there, too, and before we stop waiting.
    "statement_timeout": "8000",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "10000",
    # Statements here touch few rows: compiling one takes longer than running it.
    "jit": "off",
}


class Line:
    """Used by one task at a time."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._prepared: dict[str, Any] = {}
        # Without a name it would be parsed and planned anew at each use: six times the work, for the rotation's.
        self._names = itertools.count(1)

    @classmethod
    async def open(cls, address: PostgresAddress, **server_settings: str) -> "Line":
        """Only to a server that takes writes. Raises ConfigurationError where the operator has to act, else
        StoreUnavailable."""
        connecting = asyncio.ensure_future(connect(address, {**_ON_THE_SERVER, **server_settings}))
        try:
            return cls(await asyncio.shield(connecting))
        except asyncio.CancelledError:
            # It goes on to its end: one that is given up half open leaves errors that nobody is told of.
            connecting.add_done_callback(_hang_up)
            raise

    @property
    def is_closed(self) -> bool:
        return bool(self._connection.is_closed())

    @property
    def is_in_transaction(self) -> bool:
        return not self.is_closed and bool(self._connection.is_in_transaction())

    @property
    def raw(self) -> asyncpg.Connection:
        return self._connection

    def drop(self) -> None:
        self._connection.terminate()

    async def close(self) -> None:
        """Politely, as long as that takes half a second."""
        try:
            await self._connection.close(timeout=0.5)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.drop()

    async def rows(self, statement: Statement) -> list[Row]:
        """Raises what asyncpg does, and Conflict for a row that was needed."""
        args = arguments(statement.sql, statement.params)
        text = numbered(statement.sql, tuple(map(type, args)))
        rows = await (await self._held(text)).fetch(*args)
        if statement.needs_row and not rows:
            raise Conflict
        return [tuple(row) for row in rows]

    async def transaction(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """All of them or none. What has the same text and stands together is sent together."""
        connection = self._connection
        await connection.execute("BEGIN")
        try:
            answers: list[list[Row]] = []
            for run in _runs(statements):
                answers += [await self.rows(run[0])] if len(run) == 1 else await self.many(run)
            await connection.execute("COMMIT")
        except Exception:
            if not connection.is_closed():
                await connection.execute("ROLLBACK")
            raise
        return answers

    async def many(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Statements of one text in one round trip, and outside of a transaction in one of their own."""
        sql = statements[0].sql
        values = [arguments(sql, each.params) for each in statements]
        if not returns_rows(sql):
            prepared = await self._held(numbered(sql, tuple(map(type, values[0]))))
            await prepared.executemany(values)
            return [[] for _ in statements]
        prepared = await self._held(marked(sql, tuple(map(type, values[0]))))
        answers: list[list[Row]] = [[] for _ in statements]
        numbered_values: list[tuple[Value, ...]] = [(*each, number) for number, each in enumerate(values)]
        for record in await prepared.fetchmany(numbered_values):
            *row, number = record
            answers[number].append(tuple(row))
        if any(each.needs_row and not rows for each, rows in zip(statements, answers, strict=True)):
            raise Conflict
        return answers

    def forget_plans(self) -> None:
        self._prepared.clear()

    async def _held(self, text: str) -> Any:
        return self._prepared.get(text) or await self._prepare(text)

    async def _prepare(self, text: str) -> Any:
        if len(self._prepared) >= MOST_PREPARED:
            self.forget_plans()
        prepared = self._prepared[text] = await self._connection.prepare(text, name=f"latchstring_{next(self._names)}")
        return prepared


def _hang_up(connecting: "asyncio.Future[asyncpg.Connection]") -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().terminate()


def _runs(statements: Sequence[Statement]) -> list[list[Statement]]:
    """Neighbours of one text, whose values have the same types, belong together."""
    runs: list[list[Statement]] = []
    for statement in statements:
        if runs and can_repeat(statement.sql) and _shape(runs[-1][0]) == _shape(statement):
            runs[-1].append(statement)
        else:
            runs.append([statement])
    return runs


def _shape(statement: Statement) -> tuple[Any, ...]:
    return statement.sql, *map(type, arguments(statement.sql, statement.params))
