"""What sockets of one chat have pushed, done to its end whatever becomes of them."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Pushes:
    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()
        """The loop itself holds its tasks weakly."""

    async def to_the_end(self, work: Coroutine[Any, Any, None]) -> None:
        """Does it all even where whoever waits for it is cancelled: what was written is told to the others, whatever
        becomes of the socket that wrote it."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.shield(task)

    async def done(self) -> None:
        """Returns when nothing is left of what sockets have pushed, theirs too that are gone."""
        while self._under_way:
            await asyncio.wait(self._under_way)
