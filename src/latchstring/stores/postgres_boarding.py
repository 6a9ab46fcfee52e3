"""The writes that wait for a shared trip, and who is on the next one."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import islice

from latchstring.stores.postgres_seat import Seat, Shape

MOST = 64
"""Writes in one trip. They are one transaction, which holds each row to its end."""


class Boarding:
    def __init__(self) -> None:
        self._seats: defaultdict[Shape, dict[Seat, None]] = defaultdict(dict)
        """Of those that wait, in the order in which they came."""
        self.waiting = 0

    def join(self, seat: Seat) -> None:
        self._seats[seat.shape][seat] = None
        self.waiting += 1

    def leave(self, seat: Seat) -> None:
        """Whoever goes before it is sent, or is told to come back, makes room: the others have their seats."""
        seat.leave()
        if seat in (waiting := self._seats.get(seat.shape, {})):
            self._forget([seat], waiting)

    def next_trip(self, under_way: Iterable[set[str | None]], free: int) -> list[Seat]:
        """Empty where nobody may go: `under_way` has the keys of each trip that is not over, and whoever wants one of
        those rows waits for that one, rather than keep another waiting. `free` says how many could begin now."""
        held = set().union(*under_way)
        for shape, waiting in self._seats.items():
            # An equal share for each that could fly now: two cores of the server, or two waits for its disk, at once.
            share = min(MOST, -(-len(waiting) // free))
            may_go = (seat for seat in waiting if seat.statement.key not in held) if held else waiting
            seats = list(islice(may_go, share))
            if seats:
                # Last in line: other statements wait no longer than this one.
                del self._seats[shape]
                self._seats[shape] = waiting
                self._forget(seats, waiting)
                # In one order everywhere, so that no two transactions hold what the other waits for.
                return sorted(seats, key=_key)
        return []

    def _forget(self, seats: list[Seat], waiting: dict[Seat, None]) -> None:
        for seat in seats:
            del waiting[seat]
        self.waiting -= len(seats)
        if not waiting:
            del self._seats[seats[0].shape]


def _key(seat: Seat) -> str:
    return seat.statement.key or ""
