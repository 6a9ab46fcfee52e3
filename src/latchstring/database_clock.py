"""One clock for all nodes: the database's. A node whose own clock is wrong ends nobody's session and prolongs none."""

import asyncio
import logging
import time

from latchstring.core.clocks import LEAP, Leap, decide_time, same_or_new
from latchstring.errors import Unavailable
from latchstring.ports import Clock, Engine, Statement

log = logging.getLogger("latchstring.clock")

READ_EVERY = 5.0
"""Seconds. Between two readings the monotonic clock counts on, which drifts by microseconds in that time."""
SLOW = 500
"""Milliseconds: an answer that took longer says too little about when it was."""
OFF = 2_000
"""Milliseconds by which a node's own clock may differ before it is said."""

_UPTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_NOW = Statement("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)")


def wall_clock() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


def monotonic_clock() -> int:
    """Milliseconds since the machine began, that never jump, and pass while it is suspended, where its system counts
    them."""
    return time.clock_gettime_ns(_UPTIME) // 1_000_000


class DatabaseClock:
    """Unix milliseconds. Before it is read it is the node's own; while the database is away it counts on."""

    def __init__(self, engine: Engine, *, own: Clock, monotonic: Clock) -> None:
        self._engine = engine
        self._own = own
        self._monotonic = monotonic
        self._offset: int | None = None
        """What has to be added to the monotonic clock."""
        self._leap: Leap | None = None

    def __call__(self) -> int:
        return self._own() if self._offset is None else self._monotonic() + self._offset

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(READ_EVERY)
            try:
                await self.read()
            except Unavailable as trouble:
                log.info("the database's clock could not be read: %s", type(trouble).__name__)

    async def read(self) -> None:
        """Raises StoreUnavailable."""
        before = self._monotonic()
        [(there,)] = await self._engine.read(_NOW)
        after = self._monotonic()
        if self._offset is not None and after - before > SLOW:
            return
        middle = (before + after) // 2
        expected = None if self._offset is None else middle + self._offset
        leap = same_or_new(self._leap, there - middle, middle)
        now = decide_time(expected, self._own(), there, middle - leap.since)
        if expected is None and abs(there - self._own()) > OFF:
            log.warning("this node's clock differs from the database's by %d ms", self._own() - there)
        if now == there:
            self._follow(0 if expected is None else now - expected)
        elif leap is not self._leap:
            log.critical("the database's clock has leapt by %d ms: it is not followed yet", there - now)
            self._leap = leap
        self._offset = now - middle

    def _follow(self, by: int) -> None:
        if self._leap is not None and abs(by) <= LEAP:
            log.warning("the database's clock is right again: its leap was never followed")
        elif self._leap is not None:
            log.warning("the database's clock differs by %d ms from what was gone by: it is followed from here on", by)
        self._leap = None
