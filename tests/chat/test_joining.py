"""Joining `conversation:{id}`: what a member is answered, what everybody else is, and what is told meanwhile."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.chat.house import GENERAL, House
from tests.chat.talk import NOWHERE, SENT, UNMATCHED, conversation, copies, group, keys, private, refused, sent_key
from tests.live.node import until

pytestmark = pytest.mark.anyio

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}Z")


async def test_a_join_answers_what_a_client_draws_a_conversation_with(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta, alias="Tea"))
    async with house.device(anna, anna.own, here) as device, house.device(berta, berta.own) as other:
        assert await device.ask(here, "send_message", {"encrypted_messages": copies(anna, text="b25l")}) != SENT
        push = {"encrypted_messages": {anna.id: "b25l", berta.id: "dHdv"}}
        assert await device.ask(here, "send_message", push) == SENT
        [told] = await other.events("new_message")
        await device.ask(here, "read_conversation")

        await other.send("5", "6", here, "phx_join", {"token": berta.token})
        reply = await other.next()
        response = reply[4]["response"]
        read_at = response["read_times"][anna.id]
        shape = response["conversation"]
        assert TIME.fullmatch(read_at)
        assert TIME.fullmatch(shape["updated_at"])
        assert reply == [
            "5",
            "6",
            here,
            "phx_reply",
            {
                "status": "ok",
                "response": {
                    "conversation": {
                        "id": conversation_id,
                        "private": False,
                        "alias": "Tea",
                        "inserted_at": shape["inserted_at"],
                        "updated_at": shape["updated_at"],
                    },
                    "users": response["users"],
                    "messages": {"items": [told["message"]], "page_token": ""},
                    "read_times": {anna.id: read_at, berta.id: None},
                    "public_keys": {anna.id: sent_key("public", anna)},
                    "private_key": None,
                },
            },
        ]
        assert sorted(response["users"], key=str) == sorted(
            (
                {"id": anna.id, "email": anna.email, "display_name": "Anna"},
                {"id": berta.id, "email": berta.email, "display_name": "Berta"},
            ),
            key=str,
        )
        assert told["message"]["content"] == "dHdv"
        assert await other.heard() == []


async def test_a_join_answers_the_newest_twenty_messages_newest_first_and_a_token_for_the_rest(house: House) -> None:
    anna = await house.person()
    here = conversation(conversation_id := await group(house, anna))
    async with house.device(anna, here) as device, house.client(anna) as client:
        for number in range(23):
            text = f"{number:04}"
            await device.ask(here, "send_message", {"encrypted_messages": copies(anna, text=text)})
        page = (await device.join(here))["response"]["messages"]
        assert [item["content"] for item in page["items"]] == [f"{number:04}" for number in range(22, 2, -1)]
        query = {"conversation_id": conversation_id, "page_token": page["page_token"]}
        rest = (await client.get("/api/messages", params=query)).json()["messages"]
        assert [item["content"] for item in rest["items"]] == ["0002", "0001", "0000"]


def spellings(conversation_id: str) -> list[str]:
    return [
        conversation_id.upper(),
        conversation_id.replace("-", ""),
        "{" + conversation_id + "}",
        "urn:uuid:" + conversation_id,
        conversation_id + " ",
        " " + conversation_id,
        conversation_id + "\n",
        conversation_id + "\0",
        conversation_id[:-1] + "\uff11",
        conversation_id + ":" + conversation_id,
        "%",
        "' OR 1=1 --",
        "",
    ]


async def test_strangers_odd_spellings_and_what_is_not_there_are_all_answered_alike(house: House) -> None:
    anna, berta, carla = [await house.person(name) for name in ("Anna", "Berta", "Carla")]
    conversation_id = await group(house, anna, berta)
    theirs = [conversation(conversation_id), conversation(await private(house, anna, berta)), conversation(NOWHERE)]
    async with house.device(carla) as stranger, house.device(anna) as member:
        for topic in theirs:
            for payload in ({}, {"token": carla.token}, {"token": "bad"}, {"token": anna.token}):
                assert await stranger.join(topic, payload) == refused("not_found"), payload
            assert await stranger.ask(topic, "send_message", {}) == UNMATCHED
        for spelling in spellings(conversation_id):
            assert await member.join(conversation(spelling)) == refused("not_found"), spelling
            assert await member.join(conversation(spelling), {"token": "bad"}) == refused("not_found"), spelling
        assert await member.join(f"Conversation:{conversation_id}") == UNMATCHED
        assert (await stranger.heard(), await member.heard()) == ([], [])


async def test_a_member_with_a_bad_token_is_told_so_and_joins_with_a_better_one(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    async with house.device(anna) as device:
        for token in ("", "bad", berta.token, anna.pair.refresh_token):
            assert await device.join(here, {"token": token}) == refused("invalid_token")
        assert (await device.join(here, {"token": anna.token}))["status"] == "ok"


async def test_a_second_join_replaces_the_first_and_nothing_is_heard_twice(house: House) -> None:
    anna = await house.person()
    here = conversation(await group(house, anna))
    async with house.device(anna) as device:
        for join_ref in ("1", "2"):
            await device.send(join_ref, join_ref, here, "phx_join", {})
        first, closed, second = [await device.next() for _ in range(3)]
        assert first[:4] == ["1", "1", here, "phx_reply"]
        assert closed == ["1", "1", here, "phx_close", {}]
        assert second[:4] == ["2", "2", here, "phx_reply"]
        assert await device.ask(here, "start_typing", join_ref="2") == SENT
        assert await device.heard() == [[None, None, here, "start_typing", {"user_id": anna.id}]]
        assert len(house.chat.hub._subscriptions[here]) == 1


async def test_leaving_the_topic_is_no_leaving_of_the_conversation(house: House) -> None:
    anna = await house.person()
    here = conversation(await group(house, anna))
    async with house.device(anna, here) as device:
        await device.send("1", "9", here, "phx_leave", {})
        assert await device.next() == ["1", "9", here, "phx_reply", {"status": "ok", "response": {}}]
        assert await device.next() == ["1", "1", here, "phx_close", {}]
        assert await device.ask(here, "start_typing") == UNMATCHED
        assert (await device.join(here))["status"] == "ok"


async def test_a_leave_that_comes_behind_a_newer_join_ends_the_older_one_alone(house: House) -> None:
    anna = await house.person()
    here = conversation(await group(house, anna))
    async with house.device(anna, here) as device:
        await device.join(here, join_ref="2")
        assert await device.heard() == [["1", "1", here, "phx_close", {}]]
        await device.send("1", "9", here, "phx_leave", {})
        assert await device.next() == ["1", "9", here, "phx_reply", {"status": "ok", "response": {}}]
        assert await device.next() == ["1", "1", here, "phx_close", {}]
        assert await device.ask(here, "start_typing", join_ref="2") == SENT
        for join_ref in (None, "2"):
            await device.send(join_ref, "10", here, "phx_leave", {})
        assert [(await device.next())[3] for _ in range(5)] == ["start_typing", *["phx_reply", "phx_close"] * 2]
        assert await device.ask(here, "start_typing") == UNMATCHED


class Gate:
    """Holds up every call of one method after it has read, until it is opened."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, *arguments: Any, **options: Any) -> Any:
        answer = await self._method(*arguments, **options)
        self.reached.set()
        await self.opened.wait()
        return answer


async def test_what_is_told_while_a_join_is_under_way_follows_its_reply(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    async with house.device(anna, here) as device, house.device(berta) as joining:
        gate = Gate(house.chat.encryption_keys.public)
        monkeypatch.setattr(house.chat.encryption_keys, "public", gate)
        await joining.send("1", "1", here, "phx_join", {})
        await gate.reached.wait()
        for event in ("start_typing", "finish_typing"):
            assert await device.ask(here, event) == SENT
        gate.opened.set()
        reply, *told = [await joining.next() for _ in range(3)]
        assert (reply[3], reply[4]["status"]) == ("phx_reply", "ok")
        assert told == [
            [None, None, here, "start_typing", {"user_id": anna.id}],
            [None, None, here, "finish_typing", {"user_id": anna.id}],
        ]


async def test_a_stranger_whose_join_is_under_way_never_sees_a_frame(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, carla = await house.person("Anna"), await house.person("Carla")
    here = conversation(await group(house, anna))
    async with house.device(anna, here) as device, house.device(carla) as stranger:
        page, reached, opened = house.chat.history.page, asyncio.Event(), asyncio.Event()

        async def slowly(*arguments: Any) -> Any:
            reached.set()
            await opened.wait()
            return await page(*arguments)

        monkeypatch.setattr(house.chat.history, "page", slowly)
        await stranger.send("1", "1", here, "phx_join", {})
        await reached.wait()
        for _ in range(10):
            assert await device.ask(here, "start_typing") == SENT
        opened.set()
        assert await stranger.next() == ["1", "1", here, "phx_reply", refused("not_found")]
        assert await stranger.heard() == []
        assert len(house.chat.hub._subscriptions[here]) == 1


@pytest.mark.parametrize("held_up", ["the first read", "the last read"])
async def test_a_join_under_way_is_refused_where_the_member_leaves_on_another_device(
    house: House, monkeypatch: pytest.MonkeyPatch, held_up: str
) -> None:
    """Whatever it has read by then: nothing of it goes out."""
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    async with house.device(anna, here) as device, house.device(anna) as joining, house.device(berta, here) as other:
        target, name = {
            "the first read": (house.chat.history, "page"),
            "the last read": (house.chat.rosters, "get"),
        }[held_up]
        gate = Gate(getattr(target, name))
        monkeypatch.setattr(target, name, gate)
        await joining.send("3", "4", here, "phx_join", {})
        await gate.reached.wait()
        assert await device.ask(here, "leave_conversation") == SENT
        monkeypatch.undo()
        assert await other.ask(here, "start_typing") == SENT
        gate.opened.set()
        assert await joining.next() == ["3", "4", here, "phx_reply", refused("not_found")]
        assert await joining.heard() == []
    await until(lambda: house.chat.hub._subscriptions == {})


async def test_a_join_during_which_more_is_told_than_a_client_may_leave_unread_is_begun_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.channels.subscription.OUTBOX_LIMIT", 1000)
    anna = await house.person()
    here = conversation(await group(house, anna))
    async with house.device(anna, here) as device, house.device(anna) as joining:
        gate = Gate(house.chat.encryption_keys.public)
        monkeypatch.setattr(house.chat.encryption_keys, "public", gate)
        await joining.send("1", "1", here, "phx_join", {})
        await gate.reached.wait()
        for _ in range(12):
            assert await device.ask(here, "start_typing") == SENT
        gate.opened.set()
        assert (await joining.next())[4] == refused({"reason": "join crashed"})
        assert await joining.heard() == []
        assert (await joining.join(here))["status"] == "ok"


async def test_a_conversation_is_joined_and_pushed_to_by_members_of_it_alone_whatever_else_they_joined(
    house: House,
) -> None:
    """A push names its topic: having joined one gives no right in another."""
    anna, berta = await house.person("Anna"), await house.person("Berta")
    mine, theirs = conversation(await group(house, anna)), conversation(await group(house, berta))
    pushes: dict[str, object] = {
        "send_message": {"encrypted_messages": copies(anna)},
        "start_typing": {},
        "read_conversation": {},
        "leave_conversation": {},
        "modify_conversation": {"new_members": [anna.id]},
        "set_encryption_keys": keys(),
    }
    async with house.device(anna, GENERAL, anna.own, mine) as device, house.device(berta, theirs) as other:
        await device.heard()
        for event, push in pushes.items():
            assert await device.ask(theirs, event, push) == UNMATCHED
        assert (await device.heard(), await other.heard()) == ([], [])


async def test_the_right_to_type_is_read_again_and_an_answer_older_than_the_leaving_gives_none(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    async with (
        house.device(anna, here) as device,
        house.device(anna, here) as typing,
        house.device(berta, here) as other,
    ):
        gate = Gate(house.chat.rosters.get)
        monkeypatch.setattr(house.chat.rosters, "get", gate)
        await typing.send("1", "8", here, "start_typing", {})
        await gate.reached.wait()
        assert await device.ask(here, "leave_conversation") == SENT
        gate.opened.set()
        closed, reply = await typing.next(), await typing.next()
        assert closed == ["1", "1", here, "phx_close", {}]
        assert reply == ["1", "8", here, "phx_reply", refused("not_found")]
        assert await other.heard() == [[None, None, here, "leave_conversation", {"user_id": anna.id}]]
