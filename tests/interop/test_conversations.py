"""Conversations with the stock client: every event of the contract, its reply, and what the others hear of it.

Keys are made and messages are encrypted where the client runs, by the platform's own Web Crypto."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.interop.conftest import Connect, SignIn
from tests.interop.stock import GENERAL, OK, SENT, Client, Machine, Person
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

NOT_FOUND = ["error", "not_found"]
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass
class Member:
    """Somebody with a device that has joined what is always joined, and keys for one conversation."""

    person: Person
    client: Client
    keys: dict[str, Any]

    @property
    def id(self) -> str:
        return self.person.id

    @property
    def own(self) -> str:
        return self.person.own

    async def start(self, event: str, payload: dict[str, Any]) -> str:
        status, conversation_id = await self.client.push(GENERAL, event, {**payload, **self.keys})
        assert status == "ok", conversation_id
        return str(conversation_id)

    async def join(self, topic: str) -> dict[str, Any]:
        status, snapshot = await self.client.join(topic, {"token": self.person.token})
        assert status == "ok", snapshot
        assert isinstance(snapshot, dict)
        return snapshot

    async def push(self, topic: str, event: str, payload: object = None) -> list[Any]:
        return await self.client.push(topic, event, payload)

    async def hears(self, topic: str, event: str, times: int = 1) -> list[Any]:
        return await self.client.hears(topic, event, times)

    async def copies(self, text: str, public_keys: dict[str, Any]) -> dict[str, str]:
        """The text, encrypted once for each member that has keys."""
        call, names = self.client.machine.call, list(public_keys)
        encrypted = await asyncio.gather(*(call("encrypt", public_keys[name], text) for name in names))
        return dict(zip(names, encrypted, strict=True))

    async def text(self, message: dict[str, Any]) -> str:
        return str(await self.client.machine.call("decrypt", self.keys["private_key"], message["content"]))


NAMES = ("Ada", "Grace", "Joan")
_keys: dict[str, list[dict[str, Any]]] = {}
"""By machine: making them takes longer than all the rest."""


@pytest.fixture
async def members(sign_in: SignIn, connect: Connect, machine: Machine) -> list[Member]:
    """Ada, Grace and Joan."""
    if machine.name not in _keys:
        _keys[machine.name] = await asyncio.gather(*(machine.call("newKeys") for _ in NAMES))

    async def member(name: str, keys: dict[str, Any]) -> Member:
        person = await sign_in(name)
        return Member(person, await connect(person, GENERAL, person.own), keys)

    return await asyncio.gather(*map(member, NAMES, _keys[machine.name]))


def topic_of(conversation_id: str) -> str:
    return f"conversation:{conversation_id}"


async def private(ada: Member, grace: Member) -> str:
    """A private conversation that both have joined, with both their keys; its topic."""
    topic = topic_of(await ada.start("start_private_conversation", {"other_user_id": grace.id}))
    await ada.join(topic)
    await grace.join(topic)
    assert await grace.push(topic, "set_encryption_keys", grace.keys) == SENT
    await ada.hears(topic, "set_encryption_keys")
    return topic


async def keys_in(member: Member, topic: str) -> dict[str, Any]:
    """As a client keeps them: what joining said, and what came since."""
    heard = (await member.client.topic(topic))["heard"]
    [joined] = [said["response"] for event, said in heard if event == "phx_reply" and "public_keys" in said["response"]]
    news = {said["user_id"]: said["public_key"] for event, said in heard if event == "set_encryption_keys"}
    return {**joined["public_keys"], **news}


async def test_a_private_conversation_is_started_once_and_both_hear_of_it(members: list[Member]) -> None:
    ada, grace, joan = members
    conversation_id = await ada.start("start_private_conversation", {"other_user_id": grace.id})
    for member in (ada, grace):
        [told] = await member.hears(member.own, "new_conversation")
        conversation = told["conversation"]
        assert sorted(told["user_ids"]) == sorted([ada.id, grace.id])
        assert conversation.keys() == {"id", "private", "alias", "inserted_at", "updated_at"}
        assert (conversation["id"], conversation["private"], conversation["alias"]) == (conversation_id, True, None)
        assert all(TIME.fullmatch(conversation[at]) for at in ("inserted_at", "updated_at"))
    assert await grace.start("start_private_conversation", {"other_user_id": ada.id}) == conversation_id
    await grace.client.ping()
    assert len(await grace.client.heard(grace.own, "new_conversation")) == 1
    assert await joan.client.join(topic_of(conversation_id)) == NOT_FOUND
    assert await joan.client.heard(joan.own, "new_conversation") == []


async def test_joining_tells_all_that_has_to_be_drawn(members: list[Member], connect: Connect) -> None:
    ada, grace, _ = members
    topic = topic_of(await ada.start("start_private_conversation", {"other_user_id": grace.id}))
    hers = await ada.join(topic)
    assert hers.keys() == {"conversation", "users", "messages", "read_times", "public_keys", "private_key"}
    assert hers["messages"] == {"items": [], "page_token": ""}
    assert {user["id"]: user.keys() for user in hers["users"]} == {
        member.id: {"id", "email", "display_name"} for member in (ada, grace)
    }
    assert hers["read_times"] == {ada.id: None, grace.id: None}
    assert hers["public_keys"].keys() == {ada.id}
    assert hers["public_keys"][ada.id]["n"] == ada.keys["public_key"]["n"]
    assert (hers["private_key"]["d"], hers["private_key"]["user_id"]) == (ada.keys["private_key"]["d"], ada.id)
    theirs = await grace.join(topic)
    assert (theirs["private_key"], theirs["public_keys"]) == (None, hers["public_keys"])

    assert await grace.push(topic, "set_encryption_keys", grace.keys) == SENT
    [told] = await ada.hears(topic, "set_encryption_keys")
    assert (told["user_id"], told["public_key"]["n"]) == (grace.id, grace.keys["public_key"]["n"])
    assert told["public_key"]["d"] is None


async def test_messages_are_sent_read_edited_and_deleted(
    members: list[Member], connect: Connect, machine: Machine
) -> None:
    ada, grace, _ = members
    topic = await private(ada, grace)
    keys = await keys_in(ada, topic)
    assert await ada.push(topic, "send_message", {"encrypted_messages": await ada.copies("Hello, Grace", keys)}) == SENT
    for member in (ada, grace):
        [told] = await member.hears(member.own, "new_message")
        message = told["message"]
        assert topic_of(told["conversation_id"]) == topic
        assert message.keys() == {"id", "sender", "content", "message_group", "inserted_at", "updated_at"}
        assert (message["sender"], await member.text(message)) == (ada.id, "Hello, Grace")
    group = {"message_group_id": message["message_group"]}

    # A second device has nothing but what the server gives back to it.
    phone = await connect(grace.person)
    _, found = await phone.join(topic)
    [kept] = found["messages"]["items"]
    assert await machine.call("decrypt", found["private_key"], kept["content"]) == "Hello, Grace"

    better = {**group, "encrypted_messages": await ada.copies("Hello, dear Grace", keys)}
    assert await grace.push(topic, "edit_message", better) == NOT_FOUND
    assert await grace.push(topic, "delete_message", group) == NOT_FOUND
    assert await ada.push(topic, "edit_message", better) == SENT
    for member in (ada, grace):
        [told] = await member.hears(member.own, "edit_message")
        assert topic_of(told["conversation_id"]) == topic
        assert told["message"]["message_group"] == message["message_group"]
        assert await member.text(told["message"]) == "Hello, dear Grace"

    assert await ada.push(topic, "delete_message", group) == SENT
    for client in (ada.client, grace.client, phone):
        assert await client.hears(topic, "delete_message") == [group]
    assert await ada.push(topic, "delete_message", group) == NOT_FOUND


async def test_typing_and_reading_are_told_to_all(members: list[Member], connect: Connect) -> None:
    ada, grace, _ = members
    topic = await private(ada, grace)
    for event in ("start_typing", "finish_typing", "read_conversation"):
        assert await ada.push(topic, event) == SENT
        assert await grace.hears(topic, event) == [{"user_id": ada.id}]
    _, found = await (await connect(grace.person)).join(topic)
    assert found["read_times"][grace.id] is None
    assert TIME.fullmatch(found["read_times"][ada.id])


async def test_what_is_wrong_is_named_and_nothing_is_stored(members: list[Member], connect: Connect) -> None:
    ada, grace, joan = members
    topic = await private(ada, grace)
    keys = await keys_in(ada, topic)
    copies = await ada.copies("Hello", keys)
    missing = {ada.id: copies[ada.id]}
    foreign = {**copies, joan.id: copies[ada.id]}
    for wrong in (missing, foreign, {}):
        assert await ada.push(topic, "send_message", {"encrypted_messages": wrong}) == ["error", "wrong_recipients"]
    no_text = {**copies, grace.id: "not base64!"}
    assert await ada.push(topic, "send_message", {"encrypted_messages": no_text}) == ["error", "invalid_message"]
    assert await ada.push(topic, "send_message", {"encrypted_messages": "Hello"}) == ["error", "invalid_request"]
    halves = {"public_key": ada.keys["public_key"], "private_key": grace.keys["private_key"]}
    assert await ada.push(topic, "set_encryption_keys", halves) == ["error", "invalid_key"]
    for event, payload in (
        ("change_alias", {"alias": "Us"}),
        ("modify_conversation", {"new_members": [joan.id]}),
        ("leave_conversation", {}),
    ):
        assert await ada.push(topic, event, payload) == ["error", "private_conversation"]
    nobody = {"other_user_id": "00000000-0000-4000-8000-000000000000", **ada.keys}
    assert await ada.push(GENERAL, "start_private_conversation", nobody) == NOT_FOUND
    _, found = await (await connect(grace.person)).join(topic)
    assert found["messages"]["items"] == []


async def test_a_group_is_named_grows_and_is_left(members: list[Member]) -> None:
    ada, grace, joan = members
    start = {"user_ids": [grace.id], "alias": "Compilers"}
    topic = topic_of(await ada.start("start_group_conversation", start))
    [told] = await grace.hears(grace.own, "new_conversation")
    assert sorted(told["user_ids"]) == sorted([ada.id, grace.id])
    assert (told["conversation"]["private"], told["conversation"]["alias"]) == (False, "Compilers")
    await ada.join(topic)
    await grace.join(topic)
    assert await grace.push(topic, "set_encryption_keys", grace.keys) == SENT

    assert await grace.push(topic, "change_alias", {"alias": "Linkers"}) == SENT
    for member in (ada, grace):
        [renamed] = await member.hears(topic, "update_alias")
        assert renamed["conversation"]["alias"] == "Linkers"

    assert await joan.client.join(topic) == NOT_FOUND
    assert await joan.client.leave(topic) == OK
    assert await ada.push(topic, "modify_conversation", {"new_members": [joan.id], "new_alias": "Loaders"}) == SENT
    for member in members:
        told = (await member.hears(member.own, "new_conversation", 1 if member is joan else 2))[-1]
        assert sorted(told["user_ids"]) == sorted([ada.id, grace.id, joan.id])
        assert told["conversation"]["alias"] == "Loaders"
    await joan.join(topic)
    assert await joan.push(topic, "set_encryption_keys", joan.keys) == SENT
    await ada.hears(topic, "set_encryption_keys", 2)
    keys = await keys_in(ada, topic)
    assert await ada.push(topic, "send_message", {"encrypted_messages": await ada.copies("To three", keys)}) == SENT
    [told] = await joan.hears(joan.own, "new_message")
    assert await joan.text(told["message"]) == "To three"

    await grace_leaves(topic, ada, grace)
    del keys[grace.id]
    assert await ada.push(topic, "send_message", {"encrypted_messages": await ada.copies("To two", keys)}) == SENT
    told = (await joan.hears(joan.own, "new_message", 2))[-1]
    assert await joan.text(told["message"]) == "To two"
    await grace.client.ping()
    assert len(await grace.client.heard(grace.own, "new_message")) == 1


async def grace_leaves(topic: str, ada: Member, grace: Member) -> None:
    """The topic is closed under the leaver, and cannot be joined again."""
    assert await grace.push(topic, "leave_conversation") == SENT

    async def is_closed() -> bool:
        return bool((await grace.client.topic(topic))["state"] == "closed")

    await until(is_closed)
    assert await ada.hears(topic, "leave_conversation") == [{"user_id": grace.id}]
    assert await grace.client.heard(topic, "leave_conversation") == []
    assert await grace.client.join(topic) == NOT_FOUND
    assert await grace.client.leave(topic) == OK


async def test_a_conversation_goes_on_after_the_server_was_killed(members: list[Member], house: House) -> None:
    ada, grace, _ = members
    topic = await private(ada, grace)
    keys = await keys_in(ada, topic)
    house.front.kill()
    await house.front.start()
    for member in (ada, grace):
        await is_back(member, topic)
    assert await ada.push(topic, "send_message", {"encrypted_messages": await ada.copies("Still here?", keys)}) == SENT
    [told] = await grace.hears(grace.own, "new_message")
    assert await grace.text(told["message"]) == "Still here?"


async def is_back(member: Member, topic: str) -> None:
    async def so() -> bool:
        topics = [await member.client.topic(name) for name in (topic, member.own)]
        return [(each["joins"], each["state"]) for each in topics] == [(2, "joined")] * 2

    await until(so)
