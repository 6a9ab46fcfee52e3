"""What members do in a conversation beside writing: name it, invite, leave, type, read, and set their keys."""

from typing import Any

import pytest

from chat.channels import hub
from chat.channels.conversation_events import EVENTS
from chat.channels.protocol import encode_event
from tests.chat.house import House
from tests.chat.talk import (
    NOWHERE,
    SENT,
    UNMATCHED,
    conversation,
    copies,
    group,
    keys,
    private,
    refused,
    sent_key,
)

pytestmark = pytest.mark.anyio


async def test_typing_and_reading_are_told_to_everybody_who_is_here_the_sender_included(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta))
    async with (
        house.device(anna, here) as device,
        house.device(anna, anna.own) as not_here,
        house.device(berta, here) as other,
    ):
        for event in ("start_typing", "finish_typing", "read_conversation"):
            await device.send("1", "9", here, event, {})
            assert await device.next() == ["1", "9", here, "phx_reply", SENT]
            told = [None, None, here, event, {"user_id": anna.id}]
            assert (await device.heard(), await other.heard()) == ([told], [told])
        assert await not_here.heard() == []
        read_at = {each.person.id: each.read_at for each in await house.chat.rosters.members(conversation_id)}
        assert read_at[anna.id] is not None
        assert read_at[berta.id] is None


async def test_a_group_is_renamed_by_any_member_and_an_empty_name_is_none(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta, alias="Tea"))
    async with house.device(anna, here) as device, house.device(berta, here) as other:
        for alias, kept in ((" Coffee ☕ ", "Coffee ☕"), ("", None), ("Tea", "Tea"), ("  ", None), ("Tea", "Tea")):
            assert await other.ask(here, "change_alias", {"alias": alias}) == SENT
            [told] = await device.heard()
            assert told[:4] == [None, None, here, "update_alias"]
            shape = told[4]["conversation"]
            assert set(shape) == {"id", "private", "alias", "inserted_at", "updated_at"}
            assert (shape["id"], shape["private"], shape["alias"]) == (conversation_id, False, kept)
            assert await other.heard() == [told]
        wrong: list[dict[str, Any]] = [{}, {"alias": 5}, {"alias": "a" * 81}, {"alias": "a\nb"}, {"alias": "a\u202eb"}]
        for push in wrong:
            for token in ({}, {"token": "bad"}):
                assert await device.ask(here, "change_alias", {**push, **token}) == refused("invalid_request"), push
        assert (await house.chat.rosters.get(conversation_id, anna.id)).alias == "Tea"
        assert await device.heard() == []


async def test_whoever_is_invited_is_told_with_everybody_else_and_may_join_from_then_on(house: House) -> None:
    anna, berta, carla = [await house.person(name) for name in ("Anna", "Berta", "Carla")]
    here = conversation(conversation_id := await group(house, anna, berta, alias="Tea"))
    async with (
        house.device(anna, anna.own, here) as device,
        house.device(berta, berta.own) as member,
        house.device(carla, carla.own) as newcomer,
    ):
        assert await newcomer.join(here) == refused("not_found")
        await device.send("1", "9", here, "modify_conversation", {"new_members": [carla.id, berta.id, carla.id]})
        assert await device.next() == ["1", "9", here, "phx_reply", SENT]
        [told] = await device.heard()
        assert told[2:4] == [anna.own, "new_conversation"]
        payload = told[4]
        assert set(payload) == {"conversation", "user_ids"}
        assert (payload["conversation"]["id"], payload["conversation"]["alias"]) == (conversation_id, "Tea")
        assert sorted(payload["user_ids"]) == sorted([anna.id, berta.id, carla.id])
        assert await member.heard() == [[None, None, berta.own, "new_conversation", payload]]
        assert await newcomer.heard() == [[None, None, carla.own, "new_conversation", payload]]
        assert (await newcomer.join(here))["status"] == "ok"


@pytest.mark.parametrize(
    ("push", "alias"),
    [
        ({}, "Tea"),
        ({"new_alias": None}, "Tea"),
        ({"new_alias": ""}, None),
        ({"new_alias": "Coffee"}, "Coffee"),
        ({"alias": "Coffee"}, "Coffee"),
        ({"alias": ""}, "Tea"),
        ({"alias": None}, "Tea"),
        ({"alias": 5}, "Tea"),
        ({"new_alias": None, "alias": "Coffee"}, "Coffee"),
        ({"new_alias": "Milk", "alias": "Coffee"}, "Milk"),
        ({"new_alias": "", "alias": "Coffee"}, None),
    ],
    ids=str,
)
async def test_a_modification_names_the_group_only_where_it_says_so(
    house: House, push: dict[str, Any], alias: str | None
) -> None:
    anna = await house.person()
    here = conversation(await group(house, anna, alias="Tea"))
    async with house.device(anna, anna.own, here) as device:
        assert await device.ask(here, "modify_conversation", {"new_members": [], **push}) == SENT
        [told] = await device.events("new_conversation")
        assert told["conversation"]["alias"] == alias


async def test_a_modification_of_nothing_is_told_to_everybody_like_any_other(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta, alias="Tea"))
    async with house.device(anna, anna.own, here) as device, house.device(berta, berta.own, here) as other:
        pushes: list[dict[str, Any]] = [{"new_members": []}, {"new_members": [berta.id], "new_alias": "Tea"}]
        for push in pushes:
            assert await device.ask(here, "modify_conversation", push) == SENT
            [told] = await device.events("new_conversation")
            assert sorted(told["user_ids"]) == sorted([anna.id, berta.id])
            [told_too] = await other.events("new_conversation")
            assert told_too == told


async def test_an_announcement_is_encoded_once_and_made_a_frame_only_where_somebody_listens(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, *others = [await house.person() for _ in range(6)]
    here = conversation(await group(house, anna))
    made: list[str] = []

    def counted(topic: str, event: str, payload: object) -> str:
        made.append(topic)
        return encode_event(topic, event, payload)

    async with house.device(anna, anna.own, here) as device, house.device(others[0], others[0].own) as other:
        monkeypatch.setattr(hub, "encode_event", counted)
        await device.ask(here, "modify_conversation", {"new_members": [each.id for each in others]})
        assert sorted(made) == sorted([anna.own, others[0].own])
        [told], [told_too] = await device.events("new_conversation"), await other.events("new_conversation")
        assert told == told_too
        assert sorted(told["user_ids"]) == sorted([anna.id, *(each.id for each in others)])


async def test_a_modification_that_is_refused_changes_nothing_of_it(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, alias="Tea"))
    async with house.device(anna, anna.own, here) as device, house.device(berta, berta.own) as other:
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"new_members": [berta.id, NOWHERE], "new_alias": "Milk"}, "not_found"),
            ({"new_members": [berta.id, berta.id.upper()], "new_alias": "Milk"}, "invalid_request"),
            ({"new_members": [berta.id], "new_alias": "a" * 81}, "invalid_request"),
            ({"new_members": [berta.id], "new_alias": 5}, "invalid_request"),
            ({"new_members": "all"}, "invalid_request"),
            ({"new_alias": "Milk"}, "invalid_request"),
        ]
        for push, code in wrong:
            assert await device.ask(here, "modify_conversation", push) == refused(code), push
        assert (await device.heard(), await other.heard()) == ([], [])
        [member] = await house.chat.rosters.members(conversation_id)
        assert member.person.id == anna.id
        assert (await house.chat.rosters.get(conversation_id, anna.id)).alias == "Tea"


async def test_nobody_joins_leaves_or_names_a_private_conversation(house: House) -> None:
    anna, berta, carla = [await house.person(name) for name in ("Anna", "Berta", "Carla")]
    here = conversation(conversation_id := await private(house, anna, berta))
    async with house.device(anna, anna.own, here) as device, house.device(berta, berta.own, here) as other:
        for event, push in (
            ("leave_conversation", {}),
            ("change_alias", {"alias": "Us"}),
            ("change_alias", {"alias": ""}),
            ("modify_conversation", {"new_members": [carla.id]}),
            ("modify_conversation", {"new_members": [], "new_alias": "Us"}),
            ("modify_conversation", {"new_members": []}),
        ):
            assert await device.ask(here, event, push) == refused("private_conversation"), (event, push)
        assert (await device.heard(), await other.heard()) == ([], [])
        assert len(await house.chat.rosters.members(conversation_id)) == 2


async def test_leaving_closes_the_topic_on_every_socket_of_the_leaver_and_is_told_to_the_rest(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    async with (
        house.device(anna, anna.own, here) as device,
        house.device(anna, anna.own) as second,
        house.device(berta, berta.own, here) as other,
    ):
        await second.join(here, join_ref="7")
        await device.send("1", "9", here, "leave_conversation", {})
        assert await device.next() == ["1", "9", here, "phx_reply", SENT]
        assert await device.heard() == [["1", "1", here, "phx_close", {}]]
        assert await second.heard() == [["7", "7", here, "phx_close", {}]]
        assert await other.heard() == [[None, None, here, "leave_conversation", {"user_id": anna.id}]]

        # From the acknowledgement on nothing more, on no topic; and nothing can be done there any more.
        push = {"encrypted_messages": copies(berta)}
        for event, payload in (
            ("send_message", push),
            ("start_typing", {}),
            ("change_alias", {"alias": "Alone"}),
            ("set_encryption_keys", keys()),
        ):
            assert await other.ask(here, event, payload) == SENT
        assert (await device.heard(), await second.heard()) == ([], [])
        wrong = {"encrypted_messages": copies(anna, berta)}
        assert await other.ask(here, "send_message", wrong) == refused("wrong_recipients")
        for each in (device, second):
            assert await each.ask(here, "start_typing") == UNMATCHED
            assert await each.join(here, join_ref="8") == refused("not_found")


async def test_whoever_left_comes_back_by_invitation_alone_and_reads_what_they_had(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    async with house.device(anna, anna.own, here) as device, house.device(berta, berta.own, here) as other:
        await other.ask(here, "send_message", {"encrypted_messages": copies(anna, berta, text="MQ==")})
        await device.ask(here, "leave_conversation")
        await other.ask(here, "send_message", {"encrypted_messages": copies(berta, text="Mg==")})
        assert await device.ask(here, "modify_conversation", {"new_members": [anna.id]}) == UNMATCHED
        await device.heard()
        await other.ask(here, "modify_conversation", {"new_members": [anna.id]})
        assert [frame[3] for frame in await device.heard()] == ["new_conversation"]
        joined = await device.join(here, join_ref="2")
        assert [item["content"] for item in joined["response"]["messages"]["items"]] == ["MQ=="]


async def test_new_keys_are_told_with_their_public_half_and_given_back_whole_to_their_owner_alone(
    house: House,
) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    async with house.device(anna, here) as device, house.device(berta, here) as other:
        assert await other.ask(here, "set_encryption_keys", keys(2)) == SENT
        told = {"user_id": berta.id, "public_key": sent_key("public", berta, 2)}
        assert await device.heard() == [[None, None, here, "set_encryption_keys", told]]
        assert await other.heard() == [[None, None, here, "set_encryption_keys", told]]
        mine, theirs = await device.join(here), await other.join(here)
        both = {anna.id: sent_key("public", anna), berta.id: sent_key("public", berta, 2)}
        assert mine["response"]["public_keys"] == theirs["response"]["public_keys"] == both
        assert mine["response"]["private_key"] == sent_key("private", anna)
        assert theirs["response"]["private_key"] == sent_key("private", berta, 2)
        await device.heard()
        await other.heard()

        # The first device's keys stand where the second asked for no more than that there be some.
        assert await other.ask(here, "set_encryption_keys", {**keys(1), "if_none": True}) == SENT
        assert (await device.heard(), await other.heard()) == ([], [])
        assert await other.ask(here, "set_encryption_keys", keys(1)) == SENT
        assert [frame[3] for frame in await device.heard()] == ["set_encryption_keys"]


async def test_keys_that_are_none_are_refused(house: House) -> None:
    anna = await house.person()
    here = conversation(await group(house, anna))
    public, secret = keys()["public_key"], keys()["private_key"]
    wrong: list[dict[str, Any]] = [
        {"public_key": secret, "private_key": secret},
        {"public_key": public, "private_key": public},
        {"public_key": {**public, "kty": "EC"}, "private_key": secret},
        {"public_key": {**public, "e": "Ag"}, "private_key": secret},
        {"public_key": {**public, "n": "x" * 4000}, "private_key": secret},
        {"public_key": {**public, "key_ops": ["<script>" * 9]}, "private_key": secret},
        {"public_key": public, "private_key": keys(2)["private_key"]},
        {"public_key": None, "private_key": None},
        {"public_key": [], "private_key": "x"},
    ]
    async with house.device(anna, here) as device:
        for push in wrong:
            for token in ({}, {"token": "bad"}):
                answer = await device.ask(here, "set_encryption_keys", {**push, **token})
                assert answer == refused("invalid_key"), push
        assert await device.ask(here, "set_encryption_keys", {"public_key": public}) == refused("invalid_request")
        assert await device.heard() == []
        assert (await device.join(here))["response"]["private_key"] == sent_key("private", anna)


async def test_an_event_that_is_none_of_the_clients_is_unknown(house: House) -> None:
    anna = await house.person()
    here = conversation(await group(house, anna))
    async with house.device(anna, here) as device:
        for event in ("new_message", "update_alias", "presence_state", "phx_close", "phx_reply", "", "shout"):
            for token in ({}, {"token": "bad"}):
                assert await device.ask(here, event, token) == refused("unknown_event"), event
        assert await device.heard() == []


async def test_every_push_is_judged_by_its_token_and_a_bad_one_changes_nothing(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta, alias="Tea"))
    pushes: dict[str, dict[str, Any]] = {
        "send_message": {"encrypted_messages": copies(anna, berta)},
        "edit_message": {"message_group_id": NOWHERE, "encrypted_messages": copies(anna, berta)},
        "delete_message": {"message_group_id": NOWHERE},
        "start_typing": {},
        "finish_typing": {},
        "read_conversation": {},
        "change_alias": {"alias": "Milk"},
        "modify_conversation": {"new_members": [], "new_alias": "Milk"},
        "leave_conversation": {},
        "set_encryption_keys": keys(2),
    }
    assert set(pushes) == set(EVENTS)
    ended = await house.sign_in(anna.id)
    await house.chat.auth.sessions.end(ended.session_id)
    async with house.device(anna, anna.own, here) as device, house.device(berta, berta.own, here) as other:
        for event, push in pushes.items():
            for token in ("bad", berta.token, ended.auth_token):
                assert await device.ask(here, event, {**push, "token": token}) == refused("invalid_token"), event
        assert (await device.heard(), await other.heard()) == ([], [])
    assert (await house.chat.rosters.get(conversation_id, anna.id)).alias == "Tea"
    assert await house.chat.messages.page(conversation_id, anna.id, None, 5) == []
