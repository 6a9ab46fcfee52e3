"""Migrations on PostgreSQL: under a lock that one node has at a time, on a connection of their own."""

import asyncio
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import TypeVar

import asyncpg

from latchstring.errors import ConfigurationError, LatchstringError, StoreUnavailable
from latchstring.ports import Row, Statement
from latchstring.stores.postgres_address import PostgresAddress
from latchstring.stores.postgres_errors import Blame, decide_blame
from latchstring.stores.postgres_line import Line
from latchstring.stores.schema import apply_migrations

LOCK = 0x6C61746368  # "latch"
PATIENCE = 300.0
"""Seconds for which a node waits for another's migrations, and for each statement of its own: by the server's clock."""
LATER = 10.0
"""Seconds after which this side gives up, too: a connection that died silently brings no word of the server's."""
SCRIPT_SECONDS = 1800.0
"""For all statements of one script together."""

Answer = TypeVar("Answer")

_MAY_NOT = (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidSchemaNameError)
"""Without the right to see a schema, there is none to make tables in."""


async def migrate(address: PostgresAddress, component: str, folder: Path) -> None:
    """Raises ConfigurationError where the operator has to act, StoreUnavailable, or what is wrong with a script."""
    patience = str(round(PATIENCE * 1000))
    line = await Line.open(address, statement_timeout=patience, lock_timeout=patience)
    try:
        await _within(PATIENCE + LATER, line, line.raw.execute(f"SELECT pg_advisory_lock({LOCK})"))
        await apply_migrations(OneLine(line), component, folder, dialect="postgresql", split=lambda script: [script])
    except LatchstringError:
        raise
    except _MAY_NOT as error:
        raise ConfigurationError(
            f"The user of the PostgreSQL address may not make or change tables there ({type(error).__name__}). Grant "
            "it CREATE on the schema, or make it the owner of the database."
        ) from None
    except Exception as error:
        if decide_blame(error) not in (Blame.DATABASE, Blame.RIVAL):
            raise
        raise StoreUnavailable(f"a migration was broken off ({type(error).__name__})") from None
    finally:
        # The lock is the connection's, and goes with it.
        await line.close()


async def _within(seconds: float, line: Line, work: Awaitable[Answer]) -> Answer:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except (TimeoutError, asyncio.CancelledError):
        # In the middle of something: to hang up politely would be to wait for its answer again.
        line.drop()
        raise


class OneLine:
    """Reads and writes as an engine does, on one connection. A whole script is one statement here."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def read(self, statement: Statement) -> list[Row]:
        return await _within(PATIENCE + LATER, self._line, self._line.rows(statement))

    async def write(self, *statements: Statement) -> list[list[Row]]:
        return await _within(SCRIPT_SECONDS, self._line, self._transaction(statements))

    async def _transaction(self, statements: Sequence[Statement]) -> list[list[Row]]:
        await self._line.raw.execute("BEGIN")
        try:
            answers = [await self._write(statement) for statement in statements]
            await self._line.raw.execute("COMMIT")
        except Exception:
            # Not where it is given up: that would wait for an answer again.
            if not self._line.is_closed:
                await self._line.raw.execute("ROLLBACK")
            raise
        return answers

    async def _write(self, statement: Statement) -> list[Row]:
        if statement.params:
            return await self._line.rows(statement)
        await self._line.raw.execute(statement.sql)
        return []
