"""Signing out on one node wakes the others by the bus; without it they find out all the same."""

import asyncio

import pytest

from latchstring.live import Watcher
from latchstring.stores.postgres_bell import PostgresBell
from tests.live.node import closing, until
from tests.nodes.town import Town

pytestmark = pytest.mark.anyio


async def test_an_ending_on_one_node_wakes_the_others_and_not_itself(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[int] = []
    for number, house in enumerate(town.houses):
        monkeypatch.setattr(house.chat.auth, "wake_up", lambda number=number: woken.append(number))
    anna = await town.person("Anna")
    await town[0].chat.auth.sessions.end(anna.pair.session_id)
    await until(lambda: woken)
    await town.settle()
    assert woken == [1]


@pytest.fixture
def by_the_bus_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for it before `town`. The database rings no bell, and whoever polls the feed finds nothing."""

    async def silent(bell: PostgresBell) -> None:
        await asyncio.Event().wait()

    async def woken(watcher: Watcher, seconds: float) -> None:
        while True:
            try:
                async with asyncio.timeout(seconds):
                    return await watcher._feed.feed_changed()
            except TimeoutError:
                watcher._deny_set.heard(watcher._monotonic())

    monkeypatch.setattr(PostgresBell, "run", silent)
    monkeypatch.setattr(Watcher, "_wait", woken)


async def test_signing_out_reaches_the_sockets_of_another_node_by_the_bus(by_the_bus_alone: None, town: Town) -> None:
    anna = await town.person("Anna")
    async with town.device(1, anna) as device:
        await town[0].chat.auth.sessions.end(anna.pair.session_id)
        async with asyncio.timeout(20):
            assert await closing(device.line) == (4401, "signed_out")


async def test_signing_out_reaches_the_sockets_of_another_node_without_the_bus(town: Town) -> None:
    anna = await town.person("Anna")
    async with town.device(1, anna) as device:
        for wire in town.wires:
            wire.cut()
        await town[0].chat.auth.sessions.end(anna.pair.session_id)
        assert await closing(device.line) == (4401, "signed_out")
