"""Writes that come together share a round trip, and the wait for the disk behind it."""

import asyncio
from collections.abc import Iterator
from itertools import chain, groupby
from typing import cast

import asyncpg

from latchstring.errors import LatchstringError, StoreUnavailable
from latchstring.ports import Statement
from latchstring.stores.postgres_boarding import Boarding
from latchstring.stores.postgres_line import Line
from latchstring.stores.postgres_pool import Deadline, Pool, deadline_from_now
from latchstring.stores.postgres_seat import Rows, Seat

FLIGHTS = 2
"""Round trips at once: while one waits for the disk, others are under way."""


class SharedTrips:
    """For statements with a `key` that need no row. Each has its own answer and its own time.

    What one of them does wrong is its own, too: the others of its trip are sent again, each alone. So they are where
    the server gave a trip up for a row that somebody holds: those who want other rows get their answer, though later,
    after the 5 s of that wait. Those who want one row are never on two flights at once, so that while one waits for
    it the other goes on. What is lost with a connection is lost to all of its trip, and is not sent again: it may be
    done.
    """

    def __init__(self, pool: Pool, *, queue_limit: int) -> None:
        self._pool = pool
        self._queue_limit = queue_limit
        self._boarding = Boarding()
        self._flights: set[asyncio.Task[None]] = set()
        """Each makes one trip after the other."""
        self._under_way: list[set[str | None]] = []
        """The keys of each trip that is not over."""

    async def write(self, statement: Statement) -> Rows:
        if self._boarding.waiting >= self._queue_limit:
            raise StoreUnavailable
        seat = Seat(statement, deadline_from_now())
        self._boarding.join(seat)
        if len(self._flights) < FLIGHTS:
            flight = asyncio.create_task(self._fly())
            self._flights.add(flight)
            flight.add_done_callback(self._flights.discard)
        try:
            return await seat.answer
        finally:
            self._boarding.leave(seat)

    async def land(self) -> None:
        """Returns when everything under way has been answered."""
        while self._flights:
            await asyncio.wait(self._flights)

    async def _fly(self) -> None:
        try:
            while seats := self._boarding.next_trip(self._under_way, FLIGHTS - len(self._under_way)):
                keys = {seat.statement.key for seat in seats}
                self._under_way.append(keys)
                try:
                    await self._take_along(seats, _latest(seats))
                finally:
                    self._under_way.remove(keys)
        finally:
            # At once: whoever comes after the last look at those that wait has to start another.
            self._flights.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _take_along(self, seats: list[Seat], deadline: Deadline) -> None:
        if all(seat.is_empty for seat in seats):
            return
        try:
            answers = await self._pool.run(lambda line: _together(line, seats), deadline)
        except _GivenUp:
            await self._take_each(seats)
        except StoreUnavailable as trouble:
            for seat in seats:
                seat.fail(_another(trouble))
        except Exception as trouble:  # noqa: BLE001 - somebody's own, which nobody else shall have
            if len(seats) == 1:
                seats[0].fail(trouble)
            else:
                await self._take_each(seats)
        else:
            for seat, rows in answers:
                seat.give(rows)

    async def _take_each(self, seats: list[Seat]) -> None:
        """They were sent, and taken back. Where those of one row wait for it again, the others go past them."""
        rows = groupby(seats, key=lambda seat: seat.statement.key)
        left = iter([list(those) for _, those in rows])
        await asyncio.gather(*(self._one_by_one(left) for _ in range(FLIGHTS)))

    async def _one_by_one(self, left: Iterator[list[Seat]]) -> None:
        for seat in chain.from_iterable(left):
            # What is left of its time is for all that it may take now.
            await self._take_along([seat], Deadline(seat.deadline.end, seat.deadline.end))


class _GivenUp(LatchstringError):
    """By the server, and for certain before the commit."""


def _latest(seats: list[Seat]) -> Deadline:
    """For the trip. Whoever's own time is over by then has been told so (`Seat`)."""
    return Deadline(max(seat.deadline.begin for seat in seats), max(seat.deadline.end for seat in seats))


async def _together(line: Line, seats: list[Seat]) -> list[tuple[Seat, Rows]]:
    taken = [seat for seat in seats if not seat.is_empty]
    for seat in taken:
        seat.send()
    if len(taken) == 1:
        return [(taken[0], await line.rows(taken[0].statement))]
    try:
        rows = await line.many([seat.statement for seat in taken]) if taken else []
    except (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError) as trouble:
        raise _GivenUp from trouble
    return list(zip(taken, rows, strict=True))


def _another(trouble: LatchstringError) -> StoreUnavailable:
    """One for each: an exception that is raised in several tasks would mix up their tracebacks."""
    each = StoreUnavailable()
    each.__cause__ = trouble
    return each
