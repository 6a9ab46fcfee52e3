"""`system:general`: who is online, on how many devices, and who would rather not be seen."""

import asyncio
import re

import pytest

from chat.profiles import ProfileChange
from tests.chat.house import GENERAL, House
from tests.chat.talk import conversation, group
from tests.live.node import until

pytestmark = pytest.mark.anyio

SENT = {"status": "ok", "response": "message_sent"}


async def test_presence_is_keyed_by_user_with_one_meta_for_each_device(house: House) -> None:
    anna = await house.person("Anna")
    async with house.device(anna, GENERAL), house.device(anna) as second:
        await second.join(GENERAL)
        [state] = await second.events("presence_state")
        assert list(state) == [anna.id]
        metas = state[anna.id]["metas"]
        assert len(metas) == len({meta["phx_ref"] for meta in metas}) == 2
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}Z", meta["online_at"]) for meta in metas)
        assert {meta["display_name"] for meta in metas} == {"Anna"}


async def test_coming_and_going_is_told_to_those_who_are_here_device_by_device(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with house.device(berta, GENERAL) as watcher, house.device(anna, GENERAL) as first:
        [came] = await watcher.events("presence_diff")
        async with house.device(anna, GENERAL):
            [came_too] = await watcher.events("presence_diff")
            assert set(came["joins"]) == set(came_too["joins"]) == {anna.id}
            assert came["joins"] != came_too["joins"]
            assert came["leaves"] == came_too["leaves"] == {}
        went = (await watcher.next())[4]
        assert went == {"joins": {}, "leaves": came_too["joins"]}
        await first.ask(GENERAL, "phx_leave")
        assert await watcher.events("presence_diff") == [{"joins": {}, "leaves": came["joins"]}]


async def test_a_hidden_profile_joins_unseen_and_even_a_join_that_says_otherwise_does_not_show_it(
    house: House,
) -> None:
    """A client that reconnects sends what it knew when it was started."""
    anna, berta = await house.person("Anna"), await house.person("Berta")
    await house.chat.profiles.change(anna.id, ProfileChange(hidden=True))
    async with house.device(berta, GENERAL) as watcher, house.device(anna) as device:
        for payload in ({}, {"hidden": None}, {"hidden": True}, {"hidden": False}):
            await device.join(GENERAL, payload)
            [state] = await device.events("presence_state")
            assert anna.id not in state
        await device.ask(GENERAL, "phx_leave")
        assert await watcher.heard() == []


async def test_a_join_can_hide_one_device_of_somebody_who_is_seen(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with house.device(berta, GENERAL) as watcher, house.device(anna) as device:
        await device.join(GENERAL, {"hidden": True})
        assert await watcher.heard() == []
        assert (await house.chat.profiles.of(anna.id)).hidden is False


async def test_hiding_and_showing_is_told_for_every_device_and_the_asker_gets_the_state_again(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with (
        house.device(berta, GENERAL) as watcher,
        house.device(anna, GENERAL) as device,
        house.device(anna, GENERAL) as other_device,
    ):
        await watcher.heard()
        await other_device.heard()
        await device.heard()
        await device.send("1", "50", GENERAL, "set_hidden", {"hidden": True})
        frames = [await device.next() for _ in range(3)]
        # The difference with those of the same moment, wherever that ends.
        reply, state = [frame for frame in frames if frame[3] != "presence_diff"]
        assert (reply[4], state[:4]) == (SENT, ["1", None, GENERAL, "presence_state"])
        assert list(state[4]) == [berta.id]
        [gone] = await watcher.events("presence_diff")
        assert list(gone["leaves"]) == [anna.id]
        assert len(gone["leaves"][anna.id]["metas"]) == 2
        assert await other_device.events("presence_state") == []
        assert (await house.chat.profiles.of(anna.id)).hidden is True

        await device.ask(GENERAL, "set_hidden", {"hidden": True})
        assert await watcher.heard() == []

        await device.ask(GENERAL, "set_hidden", {"hidden": False})
        assert await watcher.events("presence_diff") == [{"joins": gone["leaves"], "leaves": {}}]


async def test_hiding_over_http_is_seen_on_sockets_at_once(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with house.device(berta, GENERAL) as watcher, house.device(anna, GENERAL), house.client(anna) as client:
        await watcher.heard()
        assert (await client.patch("/api/profile", json={"hidden": True})).status_code == 200
        [gone] = await watcher.events("presence_diff")
        assert list(gone["leaves"]) == [anna.id]


async def test_somebody_who_hides_while_a_device_is_joining_is_not_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The join read the profile before it was changed, and was not in the room yet when the change was told."""
    anna = await house.person("Anna")
    read, reading, go_on = house.chat.profiles.of, asyncio.Event(), asyncio.Event()

    async def slowly(user_id: str) -> object:
        monkeypatch.setattr(house.chat.profiles, "of", read)
        profile = await read(user_id)
        reading.set()
        await go_on.wait()
        return profile

    async with house.device(anna) as device:
        monkeypatch.setattr(house.chat.profiles, "of", slowly)
        await device.send("1", "1", GENERAL, "phx_join", {})
        await reading.wait()
        await house.chat.profiles.change(anna.id, ProfileChange(hidden=True))
        go_on.set()
        assert (await device.next())[4]["status"] == "ok"
        assert (await device.next())[3:] == ["presence_state", {}]
        assert await device.heard() == []


async def test_changes_of_others_or_of_what_nobody_sees_make_no_join_read_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However busy everybody else is, a join reads its profile once."""
    anna, berta = await house.person("Anna"), await house.person("Berta")
    read, reads = house.chat.profiles.of, 0

    async def meanwhile(user_id: str) -> object:
        nonlocal reads
        reads += 1
        profile = await read(user_id)
        if reads < 5:
            monkeypatch.setattr(house.chat.profiles, "of", read)
            await house.chat.profiles.change(berta.id, ProfileChange(display_name=f"Berta {reads}", hidden=True))
            await house.chat.profiles.change(anna.id, ProfileChange(theme="night", recents=["/chat"]))
            monkeypatch.setattr(house.chat.profiles, "of", meanwhile)
        return profile

    async with house.device(anna) as device:
        monkeypatch.setattr(house.chat.profiles, "of", meanwhile)
        assert (await device.join(GENERAL))["status"] == "ok"
        assert reads == 1


async def test_a_new_name_is_told_to_everybody_who_is_here_however_it_was_changed(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with house.device(berta, GENERAL) as watcher, house.device(anna, GENERAL) as device:
        await watcher.heard()
        assert await device.ask(GENERAL, "set_display_name", {"display_name": "  Änne 👩‍🚀 "}) == SENT
        assert await watcher.heard() == [
            [None, None, GENERAL, "update_display_name", {"user_id": anna.id, "display_name": "Änne 👩‍🚀"}]
        ]
        async with house.client(anna) as client:
            await client.patch("/api/profile", json={"display_name": "Anne", "hidden": True})
        assert {"user_id": anna.id, "display_name": "Anne"} in await watcher.events("update_display_name")
        await device.ask(GENERAL, "set_hidden", {"hidden": False})
        [came] = await watcher.events("presence_diff")
        assert [meta["display_name"] for meta in came["joins"][anna.id]["metas"]] == ["Anne"]


async def test_presence_is_for_strangers_too_so_an_address_in_place_of_a_name_is_masked_there(house: House) -> None:
    anna, berta = await house.person(None, "anna@example.org"), await house.person("Berta")
    async with house.device(berta, GENERAL) as watcher, house.device(anna, GENERAL) as device:
        [came] = await watcher.events("presence_diff")
        assert [meta["display_name"] for meta in came["joins"][anna.id]["metas"]] == ["a____@hidden.example"]
        await watcher.join(GENERAL, join_ref="2")
        [state] = await watcher.events("presence_state")
        assert [meta["display_name"] for meta in state[anna.id]["metas"]] == ["a____@hidden.example"]
        for name, shown in (("Änne", "Änne"), ("anna@example.org", "a____@hidden.example")):
            await device.ask(GENERAL, "set_display_name", {"display_name": name})
            assert await watcher.events("update_display_name") == [{"user_id": anna.id, "display_name": shown}]


async def test_a_push_cannot_change_what_its_event_does_not_name(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with house.device(anna, GENERAL) as device:
        push = {"display_name": "Anne", "user_id": berta.id, "hidden": True, "theme": "night", "is_admin": True}
        assert await device.ask(GENERAL, "set_display_name", push) == SENT
    changed = await house.chat.profiles.of(anna.id)
    assert (changed.display_name, changed.hidden, changed.theme) == ("Anne", False, "day")
    assert (await house.chat.profiles.of(berta.id)).display_name == "Berta"


async def test_a_user_whose_profile_is_gone_is_not_found(house: House) -> None:
    from latchstring import Statement

    anna = await house.person("Anna")
    async with house.device(anna) as device:
        await house.chat.auth.engine.write(Statement("DELETE FROM profiles", {}))
        assert await device.join(GENERAL) == {"status": "error", "response": "not_found"}


async def test_a_socket_that_ends_in_the_middle_of_a_join_leaves_nothing_behind(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    read, reading, go_on = house.chat.profiles.of, asyncio.Event(), asyncio.Event()

    async def slowly(user_id: str) -> object:
        reading.set()
        await go_on.wait()
        return await read(user_id)

    async with house.device(berta, GENERAL) as watcher:
        monkeypatch.setattr(house.chat.profiles, "of", slowly)
        async with house.device(anna) as device:
            await device.send("1", "1", GENERAL, "phx_join", {})
            await reading.wait()
            device.line.transport.abort()
        go_on.set()
        await until(lambda: len(house.chat.auth.connections) == 1)
        told = await watcher.events("presence_diff")
        assert len(told) <= 2
        assert not told or set(told[-1]["leaves"]) == {anna.id}
        monkeypatch.undo()
        await watcher.join(GENERAL, join_ref="2")
        [state] = await watcher.events("presence_state")
        assert list(state) == [berta.id]
    await until(lambda: len(house.chat.auth.connections) == 0)
    assert house.chat.hub._subscriptions == {}


async def test_a_join_that_fails_for_no_fault_of_the_clients_is_answered_as_phoenix_answers_it(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(user_id: str) -> object:
        raise ValueError(user_id)

    anna = await house.person("Anna")
    async with house.device(anna) as device:
        monkeypatch.setattr(house.chat.profiles, "of", broken)
        assert await device.join(GENERAL) == {"status": "error", "response": {"reason": "join crashed"}}
        monkeypatch.undo()
        assert await device.join(GENERAL) == {"status": "ok", "response": {}}
    assert "unexpected ValueError" in caplog.text
    assert anna.id not in caplog.text


async def test_a_push_that_fails_crashes_its_topic_alone_and_the_client_joins_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> object:
        raise ValueError

    anna = await house.person("Anna")
    async with house.device(anna, GENERAL, anna.own) as device:
        monkeypatch.setattr(house.chat.profiles, "change", broken)
        await device.send("1", "9", GENERAL, "set_hidden", {"hidden": True})
        assert await device.next() == ["1", "1", GENERAL, "phx_error", {}]
        monkeypatch.undo()
        assert await device.ask(anna.own, "renew", {"token": anna.token}) == SENT
        assert await device.join(GENERAL, join_ref="2") == {"status": "ok", "response": {}}


async def test_where_the_others_cannot_be_told_the_topic_crashes_after_its_reply(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ConnectionError

    anna = await house.person("Anna")
    here = conversation(await group(house, anna))
    async with house.device(anna, here) as device:
        monkeypatch.setattr(house.chat.hub._fan_out, "publish", broken)
        await device.send("1", "2", here, "start_typing", {})
        assert [(await device.next())[3] for _ in range(2)] == ["phx_reply", "phx_error"]
        monkeypatch.undo()
        assert await device.heard() == []
    assert house.chat.hub._subscriptions == {}
