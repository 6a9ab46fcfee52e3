"""Sockets that had their closing frame, taken apart in turns: thousands that end at once hold up neither the closing
frames of the others nor whoever asks for something meanwhile."""

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary

FEW = 1
"""At each turn of the loop, for as long as others are still being closed."""

MANY = 25
"""When none has come since the last turn. To take one apart costs about as much as to answer a small request."""

PATIENCE = 1.0
"""Seconds. Where the first has waited for so long, there are many each turn, however many come."""


class TakingApart:
    """One for a server. They take their turns in the order in which they came."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self._have_come = False
        self._has_turn = False

    def add(self, take_apart: Callable[[], None]) -> None:
        """Called at the next turn of the loop, where it is the only one. Must not raise: others wait behind it."""
        self._waiting.append((self._loop.time(), take_apart))
        self._have_come = True
        self._ask_for_turn()

    def _ask_for_turn(self) -> None:
        if self._waiting and not self._has_turn:
            self._has_turn = True
            self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        since, _ = self._waiting[0]
        is_patient = self._have_come and self._loop.time() - since < PATIENCE
        self._have_come = self._has_turn = False
        for _ in range(min(FEW if is_patient else MANY, len(self._waiting))):
            _, take_apart = self._waiting.popleft()
            take_apart()
        self._ask_for_turn()


_each: WeakKeyDictionary[object, TakingApart] = WeakKeyDictionary()


def taking_apart_of(server: object, loop: AbstractEventLoop) -> TakingApart:
    """The one that all sockets of a server share, which serves on this loop."""
    if server not in _each:
        _each[server] = TakingApart(loop)
    return _each[server]
