"""The in-process wake-up of the revocation feed."""

import asyncio
from contextvars import ContextVar


class WakeUp:
    """A bell for any number of watchers. A ring between a watcher's read and its wait is not lost.

    What a watcher has heard is kept in its context: the task that `asyncio.wait_for` makes around a wait shares it.
    """

    def __init__(self) -> None:
        self._rings = 0
        self._next_ring = asyncio.Event()
        self._heard: ContextVar[list[int] | None] = ContextVar("latchstring_heard", default=None)

    def ring(self) -> None:
        self._rings += 1
        self._next_ring.set()
        self._next_ring = asyncio.Event()

    def about_to_read(self) -> None:
        """Called before the read begins: it will see whatever rang until now."""
        heard = self._heard.get()
        if heard is None:
            self._heard.set([self._rings])
        else:
            heard[0] = self._rings

    async def wait(self) -> None:
        heard = self._heard.get()
        if heard is None or heard[0] == self._rings:
            await self._next_ring.wait()
        self.about_to_read()
