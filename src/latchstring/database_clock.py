"""One clock for all nodes: the database's. A node whose own clock is wrong ends nobody's session and prolongs none."""

import asyncio
import logging
import time

from latchstring.core.clocks import LEAP, decide_time
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
    """Milliseconds that never jump, and pass while the machine is suspended, too, where its system counts them."""
    return time.clock_gettime_ns(_UPTIME) // 1_000_000


class DatabaseClock:
    """Unix milliseconds. Before it is read it is the node's own; while the database is away it counts on."""

    def __init__(self, engine: Engine, *, own: Clock, monotonic: Clock) -> None:
        self._engine = engine
        self._own = own
        self._monotonic = monotonic
        self._offset: int | None = None
        """What has to be added to the monotonic clock."""
        self._leap: tuple[int, int] | None = None
        """What the database would have added, which is not followed, and since when (monotonic milliseconds)."""

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
        now = decide_time(expected, self._own(), there, self._lasted(there - middle, middle))
        if expected is None and abs(there - self._own()) > OFF:
            log.warning("this node's clock differs from the database's by %d ms", self._own() - there)
        if now == there:
            self._follow(0 if expected is None else now - expected)
        else:
            self._deny(there - now, there - middle, middle)
        self._offset = now - middle

    def _lasted(self, offset: int, at: int) -> int:
        """For how long the database has said the same, which is not followed."""
        return at - self._leap[1] if self._leap is not None and abs(offset - self._leap[0]) <= LEAP else 0

    def _follow(self, leap: int) -> None:
        if self._leap is not None:
            log.warning(
                "the database's clock differs by %d ms from what was gone by: it is followed from here on", leap
            )
        self._leap = None

    def _deny(self, leap: int, offset: int, at: int) -> None:
        """Says each leap once."""
        if self._leap is None or abs(offset - self._leap[0]) > LEAP:
            log.critical("the database's clock has leapt by %d ms: it is not followed yet", leap)
            self._leap = offset, at
