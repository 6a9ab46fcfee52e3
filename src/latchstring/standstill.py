"""Whether this process stood still a moment ago: it was suspended, or something held up its event loop.

What is read after that was sent before it, and whoever sent it has given up long since and asked another node. A
refresh token that is presented so late may be two generations old, and would look like a copy: its owner would be
signed out. Nothing in a request tells when it came, so for a moment none is presented (503); whoever does wait asks
again. A thief gets nothing by it: what he shows then is refused as well, and found out when he shows it again.
"""

import asyncio

from latchstring.errors import StoodStill
from latchstring.ports import Clock

BEAT = 0.25
"""Seconds."""
LONG = 2_000
"""Milliseconds without a beat: half of what our browser's client waits for a refresh."""
AFTERWARDS = 2_000
"""Milliseconds in which what had piled up is read."""


class Standstill:
    """`monotonic` counts milliseconds of real time, and goes on while the process does not."""

    def __init__(self, monotonic: Clock) -> None:
        self._monotonic = monotonic
        self._beat: int | None = None
        self._over_at: int | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            now = self._monotonic()
            if self._is_long_ago(now):
                self._over_at = now + AFTERWARDS
            self._beat = now
            await asyncio.sleep(BEAT)

    def check(self) -> None:
        """Before a refresh token is presented. Raises StoodStill."""
        if self.was_just_now():
            raise StoodStill(retry_after=AFTERWARDS // 1000)

    def was_just_now(self) -> bool:
        """Never before the first beat. Asked where a request is read, that may be before the first beat afterwards."""
        now = self._monotonic()
        return self._is_long_ago(now) or (self._over_at is not None and now < self._over_at)

    def _is_long_ago(self, now: int) -> bool:
        return self._beat is not None and now - self._beat > LONG
