"""Writes that come together share a round trip, and the wait for the disk behind it."""

import asyncio
from collections import defaultdict

from latchstring.errors import LatchstringError, StoreUnavailable
from latchstring.ports import Row, Statement
from latchstring.stores.postgres_line import Line
from latchstring.stores.postgres_pool import Pool

FLIGHTS = 2
"""Round trips at once: while one waits for the disk, others are under way."""
MOST = 64
"""Writes in one. They are one transaction, which holds each row to its end."""

Rows = list[Row]
Shape = tuple[str | type, ...]
"""One text, and the types of its values: what can be sent in one batch."""
Seat = tuple[Statement, "asyncio.Future[Rows]"]


class SharedTrips:
    """For statements with a `key` that need no row. Each has its own answer, and its own trouble."""

    def __init__(self, pool: Pool, *, queue_limit: int) -> None:
        self._pool = pool
        self._queue_limit = queue_limit
        self._seats: defaultdict[Shape, list[Seat]] = defaultdict(list)
        self._waiting = 0
        self._flying = 0
        self._aloft = 0
        self._flights: set[asyncio.Task[None]] = set()

    async def write(self, statement: Statement) -> Rows:
        if self._waiting >= self._queue_limit:
            raise StoreUnavailable
        answer: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
        shape: Shape = (statement.sql, *(type(value) for value in statement.params.values()))
        self._seats[shape].append((statement, answer))
        self._waiting += 1
        if self._flying < FLIGHTS:
            self._flying += 1
            flight = asyncio.create_task(self._fly())
            self._flights.add(flight)
            flight.add_done_callback(self._flights.discard)
        # Whoever is cancelled leaves an empty seat: the others have theirs.
        return await answer

    async def land(self) -> None:
        """Returns when everything under way has been answered."""
        while self._flights:
            await asyncio.wait(self._flights)

    async def _fly(self) -> None:
        """Nothing is waited for between the look at empty seats and the end: whoever comes then starts another."""
        while self._seats:
            shape = next(iter(self._seats))
            waiting = self._seats[shape]
            # An equal share for each that could fly now: two cores of the server, or two waits for its disk, at once.
            share = min(MOST, -(-len(waiting) // (FLIGHTS - self._aloft)))
            seats, rest = waiting[:share], waiting[share:]
            # Last in line: other statements wait no longer than this one.
            del self._seats[shape]
            if rest:
                self._seats[shape] = rest
            self._waiting -= len(seats)
            # In one order everywhere, so that no two transactions hold what the other waits for.
            seats.sort(key=lambda seat: seat[0].key or "")
            self._aloft += 1
            await self._take_along(seats)
            self._aloft -= 1
        self._flying -= 1

    async def _take_along(self, seats: list[Seat]) -> None:
        try:
            answers = await self._pool.run(lambda line: _together(line, [statement for statement, _ in seats]))
        except StoreUnavailable as trouble:
            for _, answer in seats:
                _fail(answer, _another(trouble))
        except Exception as trouble:  # noqa: BLE001 - somebody's own, which nobody else shall have
            if len(seats) == 1:
                _fail(seats[0][1], trouble)
                return
            for seat in seats:
                await self._take_along([seat])
        else:
            for (_, answer), rows in zip(seats, answers, strict=True):
                if not answer.done():
                    answer.set_result(rows)


async def _together(line: Line, statements: list[Statement]) -> list[Rows]:
    return [await line.rows(statements[0])] if len(statements) == 1 else await line.many(statements)


def _another(trouble: LatchstringError) -> StoreUnavailable:
    """One for each: an exception that is raised in several tasks would mix up their tracebacks."""
    each = StoreUnavailable()
    each.__cause__ = trouble
    return each


def _fail(answer: "asyncio.Future[Rows]", trouble: Exception) -> None:
    if not answer.done():
        answer.set_exception(trouble)
