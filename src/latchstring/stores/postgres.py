"""PostgreSQL as an engine: a few held connections, and every statement prepared once on each."""

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from latchstring.errors import StoreUnavailable
from latchstring.ports import Row, Statement
from latchstring.stores.postgres_address import PostgresAddress
from latchstring.stores.postgres_line import Line
from latchstring.stores.postgres_migrating import migrate
from latchstring.stores.postgres_pool import Pool
from latchstring.stores.postgres_trips import SharedTrips

DRAIN_SECONDS = 1.5
"""For what was submitted before `stop`. Whoever stops a node has no more patience than a server that hangs."""

Rows = list[Row]
Answer = TypeVar("Answer")


class PostgresEngine:
    """`postgresql://user:password@host/database`, and what speaks its protocol. Sees only servers that take writes.

    Times, for each read and write: 5 s for a connection, be it free or new, and 10 s for the answer; 15 s in all,
    however often it is tried. Then StoreUnavailable. Where connections died without a word, nobody meets one of them
    later than 10 s after the first of them was asked something; one that is asked nothing is found dead within 30 s.
    """

    dialect = "postgresql"

    def __init__(self, url: str, *, queue_limit: int = 10_000) -> None:
        self.address = PostgresAddress.from_url(url)
        self._pool = Pool(self.address, queue_limit=queue_limit)
        self._trips = SharedTrips(self._pool, queue_limit=queue_limit) if self.address.share_trips else None
        self._under_way: set[asyncio.Task[Any]] = set()
        self._open = False

    async def start(self) -> None:
        """Raises ConfigurationError where the operator has to act, or StoreUnavailable."""
        await self._pool.start()
        self._open = True

    async def stop(self) -> None:
        """Finishes what was submitted, if that takes no longer than DRAIN_SECONDS, and closes. Later calls raise
        StoreUnavailable."""
        if not self._open:
            return
        self._open = False
        self._pool.finish_by(asyncio.get_running_loop().time() + DRAIN_SECONDS)
        if self._trips is not None:
            await self._trips.land()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._pool.stop()

    async def read(self, statement: Statement) -> list[Row]:
        if statement.dialect not in (None, self.dialect):
            return []
        return await self._pool.run(lambda line: line.rows(statement))

    async def write(self, *statements: Statement) -> list[list[Row]]:
        if not self._open:
            raise StoreUnavailable
        if self._trips is not None and len(statements) == 1 and statements[0].key and not statements[0].needs_row:
            return [await self._trips.write(statements[0])]
        return await self._to_the_end(self._pool.run(lambda line: _written(line, statements)))

    async def migrate(self, component: str, folder: Path) -> None:
        """Applies the component's numbered .sql files; nodes that start at once do it one after the other. Raises
        ConfigurationError where code and database disagree."""
        await migrate(self.address, component, folder)

    async def _to_the_end(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Even where whoever waits for it is cancelled: half of a transaction is no use to anybody."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)


async def _written(line: Line, statements: Sequence[Statement]) -> list[Rows]:
    is_ours = [statement.dialect in (None, PostgresEngine.dialect) for statement in statements]
    ours = [statement for statement, is_one in zip(statements, is_ours, strict=True) if is_one]
    answers = iter([await line.rows(ours[0])] if len(ours) == 1 else await line.transaction(ours))
    return [next(answers) if is_one else [] for is_one in is_ours]
