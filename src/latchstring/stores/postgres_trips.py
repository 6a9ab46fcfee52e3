"""Writes that come together share a round trip, and the wait for the disk behind it."""

import asyncio
from collections import defaultdict
from itertools import islice

from latchstring.errors import LatchstringError, StoreUnavailable
from latchstring.ports import Statement
from latchstring.stores.postgres_line import Line
from latchstring.stores.postgres_pool import Deadline, Pool, deadline_from_now
from latchstring.stores.postgres_seat import Rows, Seat, Shape

FLIGHTS = 2
"""Round trips at once: while one waits for the disk, others are under way."""
MOST = 64
"""Writes in one. They are one transaction, which holds each row to its end."""


class SharedTrips:
    """For statements with a `key` that need no row. Each has its own answer, and its own trouble."""

    def __init__(self, pool: Pool, *, queue_limit: int) -> None:
        self._pool = pool
        self._queue_limit = queue_limit
        self._seats: defaultdict[Shape, dict[Seat, None]] = defaultdict(dict)
        """Of those that wait, in the order in which they came."""
        self._waiting = 0
        self._flying = 0
        self._aloft = 0
        self._flights: set[asyncio.Task[None]] = set()

    async def write(self, statement: Statement) -> Rows:
        if self._waiting >= self._queue_limit:
            raise StoreUnavailable
        seat = Seat(statement, deadline_from_now())
        self._seats[seat.shape][seat] = None
        self._waiting += 1
        if self._flying < FLIGHTS:
            self._flying += 1
            flight = asyncio.create_task(self._fly())
            self._flights.add(flight)
            flight.add_done_callback(self._flights.discard)
        try:
            return await seat.answer
        finally:
            self._leave(seat)

    def _leave(self, seat: Seat) -> None:
        """Whoever goes before it is sent, or is told to come back, makes room: the others have their seats."""
        seat.leave()
        if seat in (waiting := self._seats.get(seat.shape, {})):
            self._forget([seat], waiting)

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
            seats = list(islice(waiting, share))
            # Last in line: other statements wait no longer than this one.
            del self._seats[shape]
            self._seats[shape] = waiting
            self._forget(seats, waiting)
            # In one order everywhere, so that no two transactions hold what the other waits for.
            seats.sort(key=lambda seat: seat.statement.key or "")
            self._aloft += 1
            await self._take_along(seats, _latest(seats))
            self._aloft -= 1
        self._flying -= 1

    def _forget(self, seats: list[Seat], waiting: dict[Seat, None]) -> None:
        for seat in seats:
            del waiting[seat]
        self._waiting -= len(seats)
        if not waiting:
            del self._seats[seats[0].shape]

    async def _take_along(self, seats: list[Seat], deadline: Deadline) -> None:
        if all(seat.is_empty for seat in seats):
            return
        try:
            answers = await self._pool.run(lambda line: _together(line, seats), deadline)
        except StoreUnavailable as trouble:
            for seat in seats:
                seat.fail(_another(trouble))
        except Exception as trouble:  # noqa: BLE001 - somebody's own, which nobody else shall have
            if len(seats) == 1:
                seats[0].fail(trouble)
                return
            for seat in seats:
                # It was sent, and taken back: what is left of its time is for all that it may take now.
                await self._take_along([seat], Deadline(seat.deadline.end, seat.deadline.end))
        else:
            for seat, rows in answers:
                seat.give(rows)


def _latest(seats: list[Seat]) -> Deadline:
    """Each keeps its own: none gives up for the others."""
    return Deadline(max(seat.deadline.begin for seat in seats), max(seat.deadline.end for seat in seats))


async def _together(line: Line, seats: list[Seat]) -> list[tuple[Seat, Rows]]:
    taken = [seat for seat in seats if not seat.is_empty]
    for seat in taken:
        seat.send()
    if len(taken) == 1:
        return [(taken[0], await line.rows(taken[0].statement))]
    rows = await line.many([seat.statement for seat in taken]) if taken else []
    return list(zip(taken, rows, strict=True))


def _another(trouble: LatchstringError) -> StoreUnavailable:
    """One for each: an exception that is raised in several tasks would mix up their tracebacks."""
    each = StoreUnavailable()
    each.__cause__ = trouble
    return each
