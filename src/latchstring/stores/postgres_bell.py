"""NOTIFY tells the other nodes that a session ended. It saves them waiting, and is never relied on."""

import asyncio
import logging
import random
from collections.abc import Callable

import asyncpg

from latchstring.core.back_off import decide_wait
from latchstring.errors import LatchstringError
from latchstring.stores.postgres_address import PostgresAddress
from latchstring.stores.postgres_line import Line

log = logging.getLogger("latchstring.stores")

CHANNEL = "latchstring_endings"
LISTEN_SECONDS = 5.0
"""A connection that is silently dead looks like one on which nothing is said: so often it is asked."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0


class PostgresBell:
    """`heard` is called for each ring of another node, and after each time in which one could have been missed."""

    def __init__(self, address: PostgresAddress, heard: Callable[[], None]) -> None:
        self._address = address
        self._heard = heard
        self._to_ring = asyncio.Event()
        self._failures = 0

    def ring(self) -> None:
        """Never waits. Rings that come together are one."""
        self._to_ring.set()

    async def run(self) -> None:
        """Until it is cancelled; whatever fails is begun anew."""
        while True:
            try:
                await self._listen()
            except (LatchstringError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as trouble:
                if self._failures == 0:
                    log.warning("wake-ups are not heard, endings are polled for: %s", type(trouble).__name__)
                self._failures += 1
                # What was rung may not have been heard.
                self._to_ring.set()
                longest = decide_wait(self._failures, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
                await asyncio.sleep(random.uniform(0, longest))  # noqa: S311

    async def _listen(self) -> None:
        line = await Line.open(self._address)
        try:
            own = line.raw.get_server_pid()

            def heard(*told: object) -> None:
                if told[1] != own:
                    self._heard()

            # A connection that breaks is found out at once by asking something of it.
            line.raw.add_termination_listener(lambda _: self._to_ring.set())
            async with asyncio.timeout(LISTEN_SECONDS):
                await line.raw.add_listener(CHANNEL, heard)
            if self._failures:
                log.info("wake-ups are heard again")
            self._failures = 0
            # What was said before we listened is in the feed.
            self._heard()
            while True:
                await self._ring_or_ask(line)
        finally:
            line.drop()

    async def _ring_or_ask(self, line: Line) -> None:
        try:
            async with asyncio.timeout(LISTEN_SECONDS):
                await self._to_ring.wait()
        except TimeoutError:
            asks = "SELECT 1"
        else:
            self._to_ring.clear()
            asks = f"NOTIFY {CHANNEL}"
        async with asyncio.timeout(LISTEN_SECONDS):
            await line.raw.execute(asks)
