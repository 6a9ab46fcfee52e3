"""What keeps a node on the bus: a line that is slow is kept, one that is silent is not, and whatever fails, another one
is opened."""

import asyncio
from collections.abc import Callable

import pytest

from chat.bus import lifeline
from chat.bus.address import read_address
from chat.bus.fan_out import BusFanOut
from chat.bus.lifeline import Silent, stay_connected
from chat.bus.outgoing import PARCEL_BYTES
from chat.bus.pulse import UNHEARD_BEATS
from chat.channels.fan_out import Broadcast, Telling, Turn

pytestmark = pytest.mark.anyio

ADDRESS = read_address("redis://nowhere.example/0")
CANARY = "a canary"
HERE = "conversation:here"


async def with_a_backlog(parcels: int) -> BusFanOut:
    fan_out = BusFanOut(ADDRESS)
    for place in range(parcels):
        await fan_out.publish(Telling((Broadcast(HERE, "x" * PARCEL_BYTES),), Turn(HERE, place)))
    fan_out.opened()
    return fan_out


async def test_a_line_that_takes_many_ticks_to_carry_what_has_waited_is_kept() -> None:
    parcels = 4 * UNHEARD_BEATS
    fan_out = await with_a_backlog(parcels)
    for _ in range(parcels):
        assert not fan_out.is_whole
        fan_out.tick()
        fan_out.take(await fan_out.next_parcel())
    fan_out.take(await fan_out.next_parcel())
    assert fan_out.is_whole


async def test_a_line_by_which_nothing_comes_back_any_more_is_given_up() -> None:
    fan_out = await with_a_backlog(UNHEARD_BEATS + 1)
    fan_out.tick()
    fan_out.take(await fan_out.next_parcel())
    for _ in range(UNHEARD_BEATS):
        fan_out.tick()
        await fan_out.next_parcel()
    with pytest.raises(Silent):
        fan_out.tick()


async def test_what_comes_back_by_a_line_that_was_given_up_is_no_sign_of_life() -> None:
    fan_out = await with_a_backlog(1)
    fan_out.tick()
    late = await fan_out.next_parcel()
    fan_out.closed(Silent())
    fan_out.opened()
    for _ in range(UNHEARD_BEATS):
        fan_out.tick()
        fan_out.take(late)
    with pytest.raises(Silent):
        fan_out.tick()


class FailingLine:
    """Opens, and fails at once; so does closing it."""

    opened = 0

    def __init__(self, *_: object) -> None:
        type(self).opened += 1

    async def open(self) -> None:
        raise ConnectionError

    async def close(self) -> None:
        raise RuntimeError(CANARY)


class FailingEnd:
    def __init__(self, closed: Callable[[], bool]) -> None:
        self._closed = closed

    def opened(self) -> None:
        raise AssertionError

    def tick(self) -> None:
        raise AssertionError

    async def next_parcel(self) -> bytes:
        raise AssertionError

    def take(self, data: bytes) -> None:
        raise AssertionError

    def closed(self, trouble: Exception) -> bool:
        return self._closed()


def fails() -> bool:
    raise ValueError(CANARY)


@pytest.mark.parametrize("closed", [fails, lambda: True], ids=["the node's end", "the line"])
async def test_whatever_fails_when_a_line_is_given_up_the_next_is_opened_and_it_is_said(
    closed: Callable[[], bool], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lifeline, "Line", FailingLine)
    monkeypatch.setattr(lifeline, "AGAIN_SECONDS", (0.0, 0.0))
    before = FailingLine.opened
    task = asyncio.create_task(stay_connected(ADDRESS, "channel", FailingEnd(closed), lambda: 0.0))
    async with asyncio.timeout(20):
        while FailingLine.opened < before + 5:
            await asyncio.sleep(0)
            assert not task.done()
    task.cancel()
    await asyncio.wait((task,))
    assert "unexpected RuntimeError" in caplog.text
    assert CANARY not in caplog.text
