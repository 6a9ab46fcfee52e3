"""Whoever is no member, or is one no longer: nothing is read, written or told in any way that a member has."""

from typing import Any

import pytest

from tests.attacks.chat.scene import conversation_pushes, everything
from tests.chat.house import GENERAL, House
from tests.chat.talk import NOWHERE, SENT, UNMATCHED, conversation, copies, group, keys, private, refused, sent_key

pytestmark = pytest.mark.anyio


async def test_every_event_of_a_group_is_tried_by_a_former_member_on_a_socket_that_had_joined(house: House) -> None:
    """Their socket was told, and their topic is closed: with the old join_ref, and with a good token."""
    anna, berta, carla = [await house.person(name) for name in ("Anna", "Berta", "Carla")]
    here = conversation(conversation_id := await group(house, anna, berta, carla, alias="Tea"))
    async with (
        house.device(carla, carla.own, here) as former,
        house.device(anna, anna.own, here) as member,
    ):
        await former.ask(here, "send_message", {"encrypted_messages": copies(anna, berta, carla)})
        [told] = await former.events("new_message")
        assert await former.ask(here, "leave_conversation") == SENT
        await former.heard()
        await member.heard()
        before = await everything(house)
        pushes = conversation_pushes(anna, berta, carla, message_group=told["message"]["message_group"])
        for event, push in pushes.items():
            for token in ({}, {"token": carla.token}):
                assert await former.ask(here, event, {**push, **token}) == UNMATCHED, event
        for payload in ({}, {"token": carla.token}, {"token": anna.token}, {"token": "bad"}):
            assert await former.join(here, payload) == refused("not_found")
        assert (await former.heard(), await member.heard()) == ([], [])
        assert await everything(house) == before
    assert (await house.chat.rosters.get(conversation_id, anna.id)).alias == "Tea"


async def test_a_former_member_whose_socket_was_not_told_is_refused_every_event_by_the_rows(house: House) -> None:
    """As on another node in the moment before the news reaches it: the topic is still joined, the row is gone."""
    anna, berta, carla = [await house.person(name) for name in ("Anna", "Berta", "Carla")]
    here = conversation(conversation_id := await group(house, anna, berta, carla, alias="Tea"))
    own = await house.chat.messages.send(conversation_id, carla.id, copies(anna, berta, carla), 2000, NOWHERE)
    async with house.device(carla, carla.own, here) as former, house.device(anna, anna.own, here) as member:
        await house.chat.groups.leave(conversation_id, carla.id, 3000)
        before = await everything(house)
        pushes = conversation_pushes(anna, berta, carla, message_group=own.message_group)
        leaving = pushes.pop("leave_conversation")
        for event, push in pushes.items():
            assert await former.ask(here, event, push) == refused("not_found"), event
        for recipients in ((anna, berta), (carla,)):
            push = {"encrypted_messages": copies(*recipients), "client_id": NOWHERE}
            assert await former.ask(here, "send_message", push) == refused("not_found")
        assert (await former.heard(), await member.heard()) == ([], [])
        # Whoever leaves again is out of the topic, too.
        assert await former.ask(here, "leave_conversation", leaving) == refused("not_found")
        assert (await former.heard(), await member.heard()) == ([["1", "1", here, "phx_close", {}]], [])
        assert await everything(house) == before


async def test_no_push_acts_in_another_conversation_or_as_somebody_else_by_naming_them(house: House) -> None:
    anna, berta, carla = [await house.person(name) for name in ("Anna", "Berta", "Carla")]
    here = conversation(await group(house, anna, berta, alias="Tea"))
    theirs = await group(house, berta, carla, alias="Theirs")
    names: dict[str, Any] = {
        **dict.fromkeys(("user_id", "sender", "sender_id", "member", "reader", "author", "from", "subject"), berta.id),
        **dict.fromkeys(("conversation_id", "conversation", "id", "topic"), theirs),
    }
    async with house.device(anna, anna.own, here) as device, house.device(berta, berta.own, here) as other:
        for event in ("start_typing", "finish_typing", "read_conversation"):
            assert await device.ask(here, event, names) == SENT
            assert await other.heard() == [[None, None, here, event, {"user_id": anna.id}]]
        await device.ask(here, "send_message", {"encrypted_messages": copies(anna, berta), **names})
        [told] = await other.events("new_message")
        assert (told["message"]["sender"], told["conversation_id"]) == (anna.id, here.removeprefix("conversation:"))
        both = {half: {**jwk, "user_id": berta.id, "type": "private"} for half, jwk in keys(2).items()}
        await device.ask(here, "set_encryption_keys", {**both, **names})
        assert await other.events("set_encryption_keys") == [
            {"user_id": anna.id, "public_key": sent_key("public", anna, 2)}
        ]
        joined = (await other.join(here))["response"]
        assert joined["read_times"][berta.id] is None
        assert joined["private_key"] is None
    members = await house.chat.rosters.members(theirs)
    assert [member.read_at for member in members] == [None, None]
    assert await house.chat.messages.page(theirs, berta.id, None, 5) == []


async def test_a_former_member_finds_neither_the_conversation_nor_those_who_are_left_in_it(house: House) -> None:
    anna, berta = await house.person("Qanna", "qanna@example.org"), await house.person("Qberta", "qberta@example.org")
    here = await group(house, anna, berta, alias="Canary of a name")
    async with house.client(berta) as client:
        calls = ("/api/me", "/api/conversations", "/api/users?search=Qanna")
        before = "".join([(await client.get(path)).text for path in calls])
        assert all(before.count(each) for each in (here, "Canary of a name", "qanna@example.org"))
        await house.chat.groups.leave(here, berta.id, 3000)
        answers = "".join([(await client.get(path)).text for path in calls])
        assert not any(answers.count(each) for each in (here, "Canary of a name", "qanna@example.org"))
        assert "q____@hidden.example" in answers


async def test_a_stranger_who_knows_every_id_starts_invites_and_replaces_nothing(house: House) -> None:
    """What can be done from `system:general` touches no conversation that the asker is not in, and nobody's keys."""
    anna, berta, carla = [await house.person(name) for name in ("Anna", "Berta", "Carla")]
    theirs = await private(house, anna, berta)
    async with house.device(carla, GENERAL, carla.own) as stranger, house.device(anna, anna.own) as device:
        await stranger.heard()
        push: dict[str, Any] = {"other_user_id": anna.id, "user_id": berta.id, "conversation_id": theirs, **keys(2)}
        started = await stranger.ask(GENERAL, "start_private_conversation", push)
        assert started["response"] != theirs
        push = {"user_ids": [anna.id, berta.id], "id": theirs, "conversation_id": theirs, **keys(2)}
        assert (await stranger.ask(GENERAL, "start_group_conversation", push))["response"] != theirs
        joined = (await device.join(conversation(theirs)))["response"]
        assert joined["public_keys"] == {anna.id: sent_key("public", anna)}
        assert {user["id"] for user in joined["users"]} == {anna.id, berta.id}
        assert await stranger.join(conversation(theirs)) == refused("not_found")
