"""Signing out on one node wakes the others by the bus; without it they find out all the same."""

import pytest

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


async def test_signing_out_reaches_the_sockets_of_another_node_with_the_bus_and_without(town: Town) -> None:
    anna = await town.person("Anna")
    for is_cut in (False, True):
        pair = await town[0].sign_in(anna.id)
        anna.pair = pair
        async with town.device(1, anna) as device:
            if is_cut:
                for wire in town.wires:
                    wire.cut()
            await town[0].chat.auth.sessions.end(pair.session_id)
            assert await closing(device.line) == (4401, "signed_out")
