"""Starting conversations from `system:general`: who is in them, who is told, and what is refused."""

import asyncio
import re
import uuid
from typing import Any

import pytest

from tests.chat.house import GENERAL, House
from tests.chat.talk import NOWHERE, conversation, keys, refused, sent_key

pytestmark = pytest.mark.anyio

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}Z")


async def test_a_group_is_answered_with_its_id_and_announced_to_everybody_in_it(house: House) -> None:
    anna, berta, carla = [await house.person(name) for name in ("Anna", "Berta", "Carla")]
    async with (
        house.device(anna, GENERAL, anna.own) as starter,
        house.device(berta, berta.own) as invited,
        house.device(carla, carla.own) as stranger,
    ):
        push = {"user_ids": [berta.id], "alias": " Tea ", **keys()}
        await starter.send("1", "7", GENERAL, "start_group_conversation", push)
        reply, told = await starter.next(), await starter.next()
        conversation_id = reply[4]["response"]
        assert reply == ["1", "7", GENERAL, "phx_reply", {"status": "ok", "response": conversation_id}]
        assert str(uuid.UUID(conversation_id)) == conversation_id
        shape = told[4]["conversation"]
        assert TIME.fullmatch(shape["inserted_at"])
        assert TIME.fullmatch(shape["updated_at"])
        payload = {
            "conversation": {
                "id": conversation_id,
                "private": False,
                "alias": "Tea",
                "inserted_at": shape["inserted_at"],
                "updated_at": shape["updated_at"],
            },
            "user_ids": told[4]["user_ids"],
        }
        assert sorted(payload["user_ids"]) == sorted([anna.id, berta.id])
        assert told == [None, None, anna.own, "new_conversation", payload]
        assert await invited.heard() == [[None, None, berta.own, "new_conversation", payload]]
        assert await stranger.heard() == []
        joined = await starter.join(conversation(conversation_id))
        assert joined["response"]["public_keys"] == {anna.id: sent_key("public", anna)}
        assert joined["response"]["private_key"] == sent_key("private", anna)


async def test_a_group_that_is_started_again_because_the_answer_was_lost_is_one_group(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with house.device(anna, GENERAL, anna.own) as device, house.device(berta, GENERAL, berta.own) as other:
        push = {"user_ids": [berta.id], **keys(), "client_id": str(uuid.uuid4())}
        first = await device.ask(GENERAL, "start_group_conversation", push)
        again = {**push, **keys(2), "client_id": push["client_id"].upper(), "alias": "Tea"}
        assert await device.ask(GENERAL, "start_group_conversation", again) == first
        assert len(await device.events("new_conversation")) == len(await other.events("new_conversation")) == 1
        assert (await device.join(conversation(first["response"])))["response"]["private_key"] == sent_key(
            "private", anna
        )
        # Another's of that name is another group, and so is one without a name.
        theirs = await other.ask(GENERAL, "start_group_conversation", {**push, "user_ids": [anna.id]})
        nameless = await device.ask(GENERAL, "start_group_conversation", {**push, "client_id": None})
        assert len({each["response"] for each in (first, theirs, nameless)}) == 3
        for odd in ("mine", "", 5, [push["client_id"]]):
            refusal = await device.ask(GENERAL, "start_group_conversation", {**push, "client_id": odd})
            assert refusal == refused("invalid_request")
        everybody = {**push, "client_id": str(uuid.uuid4()), "user_ids": [NOWHERE]}
        assert await device.ask(GENERAL, "start_group_conversation", everybody) == refused("not_found")


@pytest.mark.parametrize("alias", [None, "", "   "], ids=repr)
async def test_a_group_may_hold_its_starter_by_name_or_alone_and_an_empty_alias_is_none(
    house: House, alias: str | None
) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with house.device(anna, GENERAL, anna.own) as device:
        for user_ids in ([], [anna.id], [berta.id, anna.id, berta.id]):
            push = {"user_ids": user_ids, "alias": alias, **keys()}
            assert (await device.ask(GENERAL, "start_group_conversation", push))["status"] == "ok"
            [told] = await device.events("new_conversation")
            assert sorted(told["user_ids"]) == sorted({anna.id, *user_ids})
            assert told["conversation"]["alias"] is None


async def test_a_private_conversation_is_one_for_the_pair_whoever_starts_it_and_however_often(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with house.device(anna, GENERAL, anna.own) as first, house.device(berta, GENERAL, berta.own) as second:
        answer = await first.ask(GENERAL, "start_private_conversation", {"other_user_id": berta.id, **keys()})
        [told], [told_too] = await first.events("new_conversation"), await second.events("new_conversation")
        assert told == told_too
        assert (told["conversation"]["private"], told["conversation"]["alias"]) == (True, None)
        assert told["conversation"]["id"] == answer["response"]

        here = conversation(answer["response"])
        await first.join(here)
        again = await second.ask(GENERAL, "start_private_conversation", {"other_user_id": anna.id, **keys(2)})
        assert again == answer
        # Nobody is told of it again, but that there are keys to write to Berta with now.
        key = sent_key("public", berta, 2)
        assert await first.heard() == [
            [None, None, here, "set_encryption_keys", {"user_id": berta.id, "public_key": key}]
        ]
        assert await second.heard() == []
        # And those stand: starting it once more, from a new device, replaces no keys.
        third = await second.ask(GENERAL, "start_private_conversation", {"other_user_id": anna.id, **keys(1)})
        assert third == answer
        assert (await first.heard(), await second.heard()) == ([], [])
        joined = await second.join(here)
        assert joined["response"]["private_key"] == sent_key("private", berta, 2)


async def test_two_who_start_their_private_conversation_at_once_get_the_same_one(house: House) -> None:
    for _ in range(20):
        anna, berta = await house.person("Anna"), await house.person("Berta")
        async with house.device(anna, GENERAL, anna.own) as one, house.device(berta, GENERAL, berta.own) as other:
            answers = await asyncio.gather(
                one.ask(GENERAL, "start_private_conversation", {"other_user_id": berta.id, **keys(1)}),
                other.ask(GENERAL, "start_private_conversation", {"other_user_id": anna.id, **keys(2)}),
            )
            assert answers[0] == answers[1]
            assert answers[0]["status"] == "ok"
            assert len(await one.events("new_conversation")) == len(await other.events("new_conversation")) == 1


async def test_what_is_wrong_with_a_start_is_said_and_nothing_is_stored_or_told(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    without = {"public_key": keys()["public_key"], "private_key": keys(2)["private_key"]}
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("start_group_conversation", {"user_ids": [NOWHERE]}, "not_found"),
        ("start_group_conversation", {"user_ids": [berta.id.upper()]}, "invalid_request"),
        ("start_group_conversation", {"user_ids": ["Berta"]}, "invalid_request"),
        ("start_group_conversation", {"user_ids": [5]}, "invalid_request"),
        ("start_group_conversation", {"user_ids": None}, "invalid_request"),
        ("start_group_conversation", {}, "invalid_request"),
        ("start_group_conversation", {"user_ids": [berta.id], "alias": "a" * 81}, "invalid_request"),
        ("start_group_conversation", {"user_ids": [berta.id], "alias": "a\u202eb"}, "invalid_request"),
        ("start_group_conversation", {"user_ids": [berta.id], "private_key": None}, "invalid_key"),
        ("start_group_conversation", {"user_ids": [berta.id], **without}, "invalid_key"),
        ("start_private_conversation", {"other_user_id": NOWHERE}, "not_found"),
        ("start_private_conversation", {"other_user_id": anna.id}, "invalid_request"),
        ("start_private_conversation", {"other_user_id": berta.id.upper()}, "invalid_request"),
        ("start_private_conversation", {"other_user_id": None}, "invalid_request"),
        ("start_private_conversation", {"other_user_id": berta.id, "public_key": "key"}, "invalid_key"),
        ("start_private_conversation", {"other_user_id": berta.id, "public_key": {}}, "invalid_key"),
    ]
    async with house.device(anna, GENERAL, anna.own) as device, house.device(berta, berta.own) as other:
        for event, push, code in cases:
            assert await device.ask(GENERAL, event, {**keys(), **push}) == refused(code), push
            if code != "not_found" and push.get("other_user_id") != anna.id:
                # What needs nobody's rows is said before the token is judged.
                bad = {**keys(), **push, "token": "bad"}
                assert await device.ask(GENERAL, event, bad) == refused(code), push
        push = {**keys(), "user_ids": [berta.id], "token": "bad"}
        assert await device.ask(GENERAL, "start_group_conversation", push) == refused("invalid_token")
        assert (await device.heard(), await other.heard()) == ([], [])
    assert await house.chat.rosters.of(anna.id) == []
    assert await house.chat.rosters.of(berta.id) == []
