"""The fan-out of several nodes: one channel of Valkey's or Redis's publish and subscribe, which every node hears.

Each node publishes by one connection, a parcel at a time, and delivers its own news when it comes back by the bus: so
the order is the bus's, and every node's.
"""

import asyncio
import logging
import random
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from chat.bus.address import Address
from chat.bus.arrivals import Arrivals
from chat.bus.lifeline import Silent, stay_connected
from chat.bus.outage import Outage
from chat.bus.outgoing import Outgoing
from chat.bus.pulse import Pulse
from chat.bus.wire import Beat, Parcel, Unreadable, channel_of, read_parcel, write_parcel
from chat.channels.fan_out import Listener, Recipient, Telling
from chat.channels.words import Word

ROOM_BYTES = 4 * 1024 * 1024
"""Whoever publishes while more than this has not come back waits for it, so that their sockets are read no faster.
While the bus is away nobody waits, and what is more is told in brief: that is what was under way on each socket when
topics ended, and no more."""

FAREWELL_SECONDS = 1.0
"""At the end, for what has not come back yet."""

log = logging.getLogger("chat.bus")


class BusFanOut:
    def __init__(self, address: Address, *, draw: Callable[[], float] = random.random) -> None:
        self.node = secrets.token_urlsafe(9)
        self.is_alone = False
        self.is_whole = False
        self._address = address
        self._channel = channel_of(address)
        self._draw = draw
        self._arrivals = Arrivals()
        self._outgoing = Outgoing()
        self._outage = Outage()
        self._lines = 0
        self._pulse = Pulse()
        self._something, self._room = asyncio.Event(), asyncio.Event()
        self._tried, self._done = asyncio.Event(), asyncio.Event()

    def deliver_to(self, recipient: Recipient) -> None:
        self._arrivals.deliver_to(recipient)

    def subscribe(self, listener: Listener) -> None:
        self._arrivals.subscribe(listener)

    async def publish(self, telling: Telling) -> None:
        if telling.turn is not None or self.is_whole:
            is_brief = not self.is_whole and self._outgoing.size > ROOM_BYTES
            self._outgoing.put_telling(telling, is_brief=is_brief)
            self._something.set()
        while self.is_whole and self._outgoing.size > ROOM_BYTES:
            self._room.clear()
            await self._room.wait()

    def say(self, word: Word, *, however_late: bool = False) -> None:
        if however_late or self.is_whole:
            self._outgoing.put_word(word, however_late=however_late)
            self._something.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(stay_connected(self._address, self._channel, self, self._draw))
        try:
            await self._tried.wait()
            yield
            await self._wait_for_the_last()
        finally:
            task.cancel()
            await asyncio.wait((task,))

    async def _wait_for_the_last(self) -> None:
        self._done.clear()
        if not self.is_whole or self._outgoing.is_done:
            return
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._done.wait()
        except TimeoutError:
            log.warning("not all that was to be told went out: Valkey did not answer")

    # This node's end of the line

    def opened(self) -> None:
        self._lines += 1
        self._pulse = Pulse()

    def tick(self) -> None:
        if self._pulse.state == "lost":
            raise Silent
        self._outgoing.put_word(Beat(self._pulse.next_beat()))
        self._something.set()
        if self.is_whole:
            self._arrivals.tick()

    async def next_parcel(self) -> bytes:
        await self._something.wait()
        number, letters = self._outgoing.take()
        if self._outgoing.is_empty:
            self._something.clear()
        return write_parcel(self.node, self._lines, number, [letter.data for letter in letters])

    def take(self, data: bytes) -> None:
        try:
            parcel = read_parcel(data)
        except Unreadable:
            self._arrivals.cannot_read()
            return
        if parcel.node != self.node:
            self._arrivals.take(parcel)
        elif parcel.line == self._lines:
            self._take_own(parcel)

    def _take_own(self, parcel: Parcel) -> None:
        """By this line: what was on its way by an earlier one was given up with it, and has been sent again."""
        self._pulse.came_back()
        for letter in self._outgoing.came_back(parcel.number):
            if isinstance(letter.what, Telling):
                self._arrivals.deliver(letter.what)
            elif isinstance(letter.what, Beat):
                self._find()
        if self._outgoing.size <= ROOM_BYTES:
            self._room.set()
        if self._outgoing.is_done:
            self._done.set()

    def _find(self) -> None:
        if not self.is_whole:
            self.is_whole = True
            self._tried.set()
            self._outage.is_over()
            self._arrivals.found()

    def closed(self, trouble: Exception) -> bool:
        was_whole, self.is_whole = self.is_whole, False
        self._outgoing.lose()
        if self._outgoing.is_empty:
            self._something.clear()
        for waited_for in (self._room, self._tried, self._done):
            waited_for.set()
        self._outage.goes_on(trouble)
        if was_whole:
            self._arrivals.lost()
        return was_whole
