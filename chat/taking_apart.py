"""Sockets that had their closing frame, taken apart in turns: thousands that end at once hold up neither the closing
frames of the others nor whoever asks for something meanwhile."""

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary

AT_ONCE = 25
"""At each turn of the loop in which none has come. To take one apart takes about as long as a small request."""

PATIENCE = 1.0
"""Seconds. Where the first has waited for so long, they are taken apart however many still come."""


class TakingApart:
    """One for a server. They take their turns in the order in which they came."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self._have_come = False
        self._has_turn = False

    def add(self, take_apart: Callable[[], None]) -> None:
        """Called in the turn of the loop after the next, unless others come. Must not raise: others wait behind it."""
        self._waiting.append((self._loop.time(), take_apart))
        self._have_come = True
        self._ask_for_turn()

    def _ask_for_turn(self) -> None:
        if self._waiting and not self._has_turn:
            self._has_turn = True
            self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        since, _ = self._waiting[0]
        are_coming = self._have_come and self._loop.time() - since < PATIENCE
        self._have_come = self._has_turn = False
        if not are_coming:
            for _ in range(min(AT_ONCE, len(self._waiting))):
                _, take_apart = self._waiting.popleft()
                take_apart()
        self._ask_for_turn()


_each: WeakKeyDictionary[object, TakingApart] = WeakKeyDictionary()


def taking_apart_of(server: object, loop: AbstractEventLoop) -> TakingApart:
    """The one that all sockets of a server share, which serves on this loop."""
    if server not in _each:
        _each[server] = TakingApart(loop)
    return _each[server]
