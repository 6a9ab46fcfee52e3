"""What a node does beside answering: follow the feed, look at its sockets, and forget what is long over."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from latchstring.errors import Unavailable
from latchstring.live import Sweep, Watcher
from latchstring.ports import Clock, SessionStore

log = logging.getLogger("latchstring.upkeep")

FORGET_EVERY = 3600
"""Seconds."""
REMEMBERED_FOR = 30 * 86_400_000
"""Milliseconds for which an ended session can still say why it ended."""

AGAIN_SECONDS = 5.0
"""Before a loop that failed is run again."""

Loop = Callable[[], Coroutine[Any, Any, None]]
"""Runs until it is cancelled."""


class Upkeep:
    def __init__(
        self, watcher: Watcher, sweep: Sweep, store: SessionStore, clock: Clock, *, loops: Sequence[Loop] = ()
    ) -> None:
        self._watcher = watcher
        self._store = store
        self._clock = clock
        self._loops = (watcher.run, sweep.run, self._forget, *loops)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Returns when the feed was read for the first time: before that, this node would know nothing."""
        self._tasks = [asyncio.create_task(_keep_running(loop)) for loop in self._loops]
        await self._watcher.tried()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _forget(self) -> None:
        while True:
            try:
                forgotten = await self._store.forget_ended(self._clock() - REMEMBERED_FOR)
            except Unavailable as trouble:
                log.warning("ended sessions could not be forgotten: %s", type(trouble).__name__)
            else:
                if forgotten:
                    log.info("forgot %d sessions that ended long ago", forgotten)
            await asyncio.sleep(FORGET_EVERY)


async def _keep_running(loop: Loop) -> None:
    """What a loop did not foresee ends one turn of it: nobody looks at its task, and without it this node would hear
    no more of endings, or go by a time that nobody corrects."""
    while True:
        try:
            await loop()
        except Exception:
            log.exception("%s failed, and is run again", getattr(loop, "__qualname__", "a loop"))
        await asyncio.sleep(AGAIN_SECONDS)
