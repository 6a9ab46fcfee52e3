"""Who is here, seen from two nodes."""

import asyncio
import contextlib

import pytest

from chat.bus import pulse
from tests.chat.house import GENERAL, Device, Frame
from tests.chat.talk import SENT
from tests.live.node import until
from tests.nodes.town import Town

pytestmark = pytest.mark.anyio


async def seen(device: Device) -> dict[str, int]:
    """How many of whose sockets whoever joins now is shown."""
    await device.join(GENERAL, join_ref="again")
    states = await device.events("presence_state")
    return {user_id: len(entry["metas"]) for user_id, entry in states[-1].items()}


def everybody(town: Town) -> list[set[str]]:
    return [set(house.chat.attendance.state()) for house in town.houses]


async def test_people_on_two_nodes_see_each_other_come_and_go(town: Town) -> None:
    anna, berta = await town.person("Anna"), await town.person("Berta")
    async with town.device(0, anna, GENERAL) as one:
        async with town.device(1, berta, GENERAL) as other, town.device(1, anna, GENERAL):
            assert await seen(other) == {anna.id: 2, berta.id: 1}
            told = await one.events("presence_diff")
            assert [list(each["joins"]) for each in told[:2]] == [[berta.id], [anna.id]]
            assert await seen(one) == {anna.id: 2, berta.id: 1}
        left: set[str] = set()
        while left != {anna.id, berta.id}:
            left |= {user_id for each in await one.events("presence_diff") for user_id in each["leaves"]}
        assert await seen(one) == {anna.id: 1}


async def test_whoever_hides_over_http_on_one_node_is_gone_from_all_and_shown_again(town: Town) -> None:
    anna, berta = await town.person("Anna"), await town.person("Berta")
    async with (
        town.device(0, anna, GENERAL),
        town.device(0, berta, GENERAL) as near,
        town.device(1, berta, GENERAL) as far,
        town[1].client(anna) as client,
    ):
        await near.heard()
        for hidden, there in ((True, {berta.id}), (False, {anna.id, berta.id})):
            answer = await client.patch("/api/profile", json={"hidden": hidden})
            assert answer.status_code == 200
            await until(lambda there=there: everybody(town) == [there, there])  # type: ignore[misc]
            for watcher in (near, far):
                told = [each for each in await watcher.events("presence_diff") if anna.id in str(each)]
                assert [list(each["leaves" if hidden else "joins"]) for each in told] == [[anna.id]]


async def test_a_name_that_is_changed_on_one_node_is_the_name_on_all(town: Town) -> None:
    anna, berta = await town.person("Anna"), await town.person("Berta")
    async with town.device(0, anna, GENERAL), town.device(1, berta, GENERAL) as far, town[1].client(anna) as client:
        assert (await client.patch("/api/profile", json={"display_name": "Änne"})).status_code == 200
        told = await far.events("update_display_name")
        assert told == [{"user_id": anna.id, "display_name": "Änne"}]

        def names() -> list[str]:
            states = [house.chat.attendance.state() for house in town.houses]
            return [meta["display_name"] for state in states for meta in state[anna.id]["metas"]]

        await until(lambda: names() == ["Änne", "Änne"])


async def test_two_changes_on_two_nodes_end_in_what_the_database_has(town: Town) -> None:
    anna = await town.person("Anna")
    async with (
        town.device(0, anna, GENERAL) as one,
        town.device(1, anna, GENERAL) as other,
    ):
        for number in range(10):
            town.wires[number % 2].delay(0.02)
            asked = (
                one.ask(GENERAL, "set_hidden", {"hidden": number % 2 == 0}),
                other.ask(GENERAL, "set_hidden", {"hidden": number % 2 == 1}),
            )
            assert all(answer == SENT for answer in await asyncio.gather(*asked))
            hidden = (await town[0].chat.profiles.of(anna.id)).hidden
            expected: set[str] = set() if hidden else {anna.id}
            await until(lambda expected=expected: everybody(town) == [expected, expected])  # type: ignore[misc]
            town.wires[number % 2].delay(0.0)


async def test_while_the_database_does_not_say_whether_somebody_hides_they_do(
    quick_ticks: None, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    from latchstring import StoreUnavailable

    async def away(user_id: str) -> object:
        raise StoreUnavailable

    anna = await town.person("Anna")
    async with town.device(0, anna, GENERAL), town[1].client(anna) as client:
        await until(lambda: everybody(town) == [{anna.id}, {anna.id}])
        monkeypatch.setattr(town[0].chat.profiles, "of", away)
        assert (await client.patch("/api/profile", json={"hidden": False})).status_code == 200
        await until(lambda: everybody(town) == [set(), set()])
        monkeypatch.undo()
        await until(lambda: everybody(town) == [{anna.id}, {anna.id}])


async def test_a_node_that_dies_is_forgotten_and_everybody_on_it_goes(quick_ticks: None, town: Town) -> None:
    anna, berta = await town.person("Anna"), await town.person("Berta")
    async with town.device(0, anna, GENERAL) as watcher, town.device(1, berta, GENERAL):
        await until(lambda: berta.id in town[0].chat.attendance.state())
        await watcher.heard()
        town.wires[1].hang()
        await until(lambda: everybody(town)[0] == {anna.id})
        town[0].chat.hub.tell_here(GENERAL, "marker", {})
        frames: list[Frame] = []
        while not frames or frames[-1][3] != "marker":
            frames.append(await watcher.next())
        assert [list(frame[4]["leaves"]) for frame in frames[:-1]] == [[berta.id]]
        town.wires[1].mend()
        await until(lambda: all(house.chat.fan_out.is_whole for house in town.houses))


async def test_a_node_that_stops_says_so_and_nobody_waits_for_its_silence(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "TICK_SECONDS", 3600)
    anna, berta = await town.person("Anna"), await town.person("Berta")
    async with town.device(0, anna, GENERAL) as watcher, town.device(1, berta, GENERAL):
        assert await seen(watcher) == {anna.id: 1, berta.id: 1}
        town[1].chat.attendance.leave()
        told = await watcher.events("presence_diff")
        assert list(told[-1]["leaves"]) == [berta.id]
        assert everybody(town)[0] == {anna.id}


async def test_after_a_partition_everybody_is_there_once_and_nobody_who_went_meanwhile(
    quick_ticks: None, town: Town
) -> None:
    anna, berta, carla = [await town.person(name) for name in ("Anna", "Berta", "Carla")]
    async with contextlib.AsyncExitStack() as stack:
        near = await stack.enter_async_context(town.device(0, anna, GENERAL))
        far = await stack.enter_async_context(town.device(1, berta, GENERAL))
        goes = await stack.enter_async_context(town.device(1, carla, GENERAL))
        await until(lambda: everybody(town) == [{anna.id, berta.id, carla.id}] * 2)
        await far.heard()
        town.wires[1].hang()
        await until(lambda: not town[1].chat.fan_out.is_whole)
        assert [(await device.next())[3] for device in (far, goes)] == ["phx_error", "phx_error"]
        await goes.line.close()
        await until(lambda: everybody(town) == [{anna.id}, set()])
        town.wires[1].mend()
        await until(lambda: town[1].chat.fan_out.is_whole)
        assert (await far.join(GENERAL, join_ref="2"))["status"] == "ok"
        await until(lambda: everybody(town) == [{anna.id, berta.id}] * 2)
        assert await seen(near) == await seen(far) == {anna.id: 1, berta.id: 1}
