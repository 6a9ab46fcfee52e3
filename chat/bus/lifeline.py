"""Keeps a line to the bus open: never gives up, and waits between two tries, each node for another time."""

import asyncio
from collections.abc import Callable
from typing import NoReturn, Protocol

from chat.bus import pulse
from chat.bus.address import Address
from chat.bus.line import Line
from chat.channels.noting import note

AGAIN_SECONDS = 0.1, 3.0
"""The first and the highest ceiling of the wait before the next try. Each is drawn evenly below its ceiling: nodes that
lost the same server do not come back in step."""


class Silent(Exception):
    """What this node publishes does not come back."""


class End(Protocol):
    """This node's end of the line."""

    def opened(self) -> None:
        """A new line; what is taken from now on came by it."""

    def tick(self) -> None:
        """Raises Silent."""

    async def next_parcel(self) -> bytes:
        """Waits until there is something to publish."""

    def take(self, data: bytes) -> None:
        """Something was published, by whomever."""

    def closed(self, trouble: Exception) -> bool:
        """Whether it was of any use before."""


async def stay_connected(address: Address, channel: str, end: End, draw: Callable[[], float]) -> None:
    """Until it is cancelled, and whatever fails: a node whose loop had ended would be healthy, and have no topics."""
    first, most = AGAIN_SECONDS
    ceiling = first
    while True:
        was_of_use = False
        try:
            was_of_use = await _to_its_end(Line(address, channel), end)
        except Exception as error:  # noqa: BLE001 - as it says above
            note(error, "the bus")
        ceiling = first if was_of_use else min(most, ceiling * 2)
        await asyncio.sleep(draw() * ceiling)


async def _to_its_end(line: Line, end: End) -> bool:
    """Whether the line was of any use."""
    try:
        await line.open()
        end.opened()
        await _live(line, end)
    except Exception as trouble:  # noqa: BLE001 - whatever it was, this node does not hear the others any more
        return end.closed(trouble)
    finally:
        await line.close()


async def _live(line: Line, end: End) -> NoReturn:
    """Raises what the line fails with, or Silent."""
    tasks = [asyncio.create_task(each) for each in (_tick(end), _send(line, end), _receive(line, end))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            each.result()
        raise Silent
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _tick(end: End) -> None:
    while True:
        end.tick()
        await asyncio.sleep(pulse.TICK_SECONDS)


async def _send(line: Line, end: End) -> None:
    """One after the other: whatever comes while one is on its way goes together with the next."""
    while True:
        await line.publish(await end.next_parcel())


async def _receive(line: Line, end: End) -> None:
    while True:
        end.take(await line.listen())
        # Where much has come, reading it waits for nothing: others have their turn, too.
        await asyncio.sleep(0)
