"""What keeps a node on the bus: a line that is slow is kept, one that is silent is not, and whatever fails, another one
is opened."""

import asyncio
from collections.abc import Callable

import pytest

from chat.bus import lifeline
from chat.bus.address import read_address
from chat.bus.fan_out import ROOM_BYTES, BusFanOut
from chat.bus.lifeline import Silent, stay_connected
from chat.bus.outgoing import PARCEL_BYTES
from chat.bus.pulse import UNHEARD_BEATS
from chat.bus.wire import read_letter, read_parcel
from chat.channels.fan_out import Broadcast, InProcess, Telling, Turn
from chat.channels.hub import Hub
from chat.channels.subscription import Subscription
from chat.channels.words import ProfileChanged

pytestmark = pytest.mark.anyio

ADDRESS = read_address("redis://nowhere.example/0")
CANARY = "a canary"
HERE = "conversation:here"


@pytest.fixture
def much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.bus.fan_out.ROOM_BYTES", 2**30)


async def with_a_backlog(parcels: int) -> BusFanOut:
    fan_out = BusFanOut(ADDRESS)
    for place in range(parcels):
        await fan_out.publish(Telling((Broadcast(HERE, "x" * PARCEL_BYTES),), Turn(HERE, place)))
    fan_out.opened()
    return fan_out


async def test_a_line_that_takes_many_ticks_to_carry_what_has_waited_is_kept(much_room: None) -> None:
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


async def test_while_the_bus_is_away_what_waits_for_it_stays_small_and_nothing_is_left_out() -> None:
    fan_out, large = BusFanOut(ADDRESS), ROOM_BYTES // 4
    fan_out.opened()
    for place in range(100):
        await fan_out.publish(Telling((Broadcast(HERE, "x" * large),), Turn(HERE, place)))
    for _ in range(10_000):
        fan_out.say(ProfileChanged("anna", hidden=True, display_name=False), however_late=True)
    assert fan_out._outgoing.size < ROOM_BYTES + large + 100 * 200
    letters: list[object] = []
    while not fan_out._outgoing.is_empty:
        parcel = read_parcel(await fan_out.next_parcel())
        letters += [read_letter(letter, (HERE,)) for letter in parcel.letters]
    tellings = [each for each in letters if isinstance(each, Telling)]
    assert [each.turn.place for each in tellings if each.turn] == list(range(100))
    assert all(bool(each.news) != bool(each.unheard) for each in tellings)
    assert tellings[-1].unheard == (HERE,)
    assert len(letters) == 101


async def test_what_comes_as_too_much_to_be_told_ends_the_topics_of_those_who_have_to_read_it_in_its_turn() -> None:
    hub, heard = Hub(InProcess(), lambda: 0), list[str]()

    class Socket:
        user_id = "anna"

        def deliver(self, text: str) -> None:
            heard.append(text)

        async def renew(self, token: str) -> None:
            raise AssertionError

        def close_topic(self, subscription: Subscription) -> None:
            raise AssertionError

        async def end_topic(self, subscription: Subscription) -> None:
            heard.append(f"end of {subscription.name}")

    for topic in (HERE, "user:anna", "user:carla"):
        subscription = Subscription(Socket(), topic, "1")
        hub.subscribe(subscription)
        subscription.begin()
    hub.deliver(Telling((Broadcast(HERE, "first"),), Turn(HERE, 1)))
    hub.deliver(Telling((Broadcast(HERE, "third"),), Turn(HERE, 3)))
    hub.deliver(Telling((), Turn(HERE, 2), unheard=("user:anna",)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert heard == ["first", "third", "end of user:anna"]
