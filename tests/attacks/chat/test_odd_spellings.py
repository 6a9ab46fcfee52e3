"""Ids in spellings that some other program would take for the same: here each of them names nothing, everywhere."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from chat.ids import is_id
from tests.attacks.chat.scene import everything
from tests.chat.house import GENERAL, House, Person
from tests.chat.talk import conversation, copies, group, keys, private, refused
from tests.http.house import code

pytestmark = pytest.mark.anyio

UNAUTHORIZED = refused({"reason": "unauthorized"})

SPELLINGS: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "one upper case letter": lambda each: each[:14] + "A" + each[15:],
    "no hyphens": lambda each: each.replace("-", ""),
    "braces": lambda each: f"{{{each}}}",
    "urn": lambda each: f"urn:uuid:{each}",
    "full-width digits": lambda each: each.translate({48 + digit: 0xFF10 + digit for digit in range(10)}),
    "full-width letters": lambda each: each.translate({97 + letter: 0xFF41 + letter for letter in range(6)}),
    "Arabic digits": lambda each: each.translate({48 + digit: 0x660 + digit for digit in range(10)}),
    "other hyphens": lambda each: each.replace("-", "\u2010"),
    "NUL behind": lambda each: f"{each}\0",
    "NUL and more behind": lambda each: f"{each}\0{each}",
    "space behind": lambda each: f"{each} ",
    "space before": lambda each: f" {each}",
    "line behind": lambda each: f"{each}\n",
    "paragraph behind": lambda each: f"{each}\u2029",
    "zero width behind": lambda each: f"{each}\u200b",
    "reading direction before": lambda each: f"\u202a{each}",
    "percent-encoded": lambda each: quote(each[:-1]) + f"%{ord(each[-1]):02x}",
    "percent-encoded twice": lambda each: each[:-1] + f"%25{ord(each[-1]):02x}",
    "slash behind": lambda each: f"{each}/",
    "dots before": lambda each: f"./{each}",
    "colon behind": lambda each: f"{each}:",
    "wildcard": lambda each: each[:-1] + "%",
    "one character": lambda each: each[:-1] + "_",
    "quoted": lambda each: f'"{each}"',
    "SQL": lambda each: f"{each}' OR '1'='1",
    "too long": lambda each: each + "0",
    "too short": lambda each: each[:-1],
}


def odd(name: str) -> dict[str, str]:
    """Each of them but those that change nothing in this id."""
    return {kind: spelled for kind, spell in SPELLINGS.items() if (spelled := spell(name)) != name}


async def test_no_odd_spelling_of_a_topic_is_joined_left_or_pushed_to(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna, berta)
    async with house.device(anna, anna.own, conversation(here)) as device:
        for kind, spelled in odd(here).items():
            for payload in ({}, {"token": anna.token}):
                assert await device.join(conversation(spelled), payload) == refused("not_found"), kind
            assert (await device.ask(conversation(spelled), "start_typing"))["status"] == "error", kind
        for kind, spelled in odd(anna.id).items():
            assert await device.join(f"user:{spelled}") == UNAUTHORIZED, kind
        for spelled in ("System:general", "system:general ", "system:general\0", "system:General", "system:"):
            assert (await device.join(spelled))["status"] == "error", spelled
        await device.heard()
        # Leaving an odd one leaves nothing.
        for spelled in odd(here).values():
            await device.ask(conversation(spelled), "phx_leave")
        assert (await device.ask(conversation(here), "start_typing"))["status"] == "ok"
        assert set(house.chat.hub._subscriptions) == {conversation(here), anna.own}


Try = Callable[[str, str, dict[str, Any], str], Awaitable[None]]


async def test_no_odd_spelling_names_a_message_or_a_message_of_a_clients_own(house: House) -> None:
    async with a_talk(house) as (people, message_group, refuses):
        here = people.here
        for name in odd(message_group).values():
            await refuses(here, "delete_message", {"message_group_id": name}, "not_found")
            edit = {"message_group_id": name, "encrypted_messages": copies(people.anna)}
            await refuses(here, "edit_message", edit, "not_found")
            # A client's own id is no id of ours, and some write theirs in capitals.
            if not is_id(name.lower()):
                await refuses(here, "send_message", {**edit, "client_id": name}, "invalid_request")


async def test_no_odd_spelling_names_a_recipient(house: House) -> None:
    async with a_talk(house) as (people, message_group, refuses):
        anna, text = people.anna, copies(people.anna)[people.anna.id]
        for name in odd(anna.id).values():
            for wrong in ({name: text}, {anna.id: text, name: text}):
                await refuses(people.here, "send_message", {"encrypted_messages": wrong}, "wrong_recipients")
                edit = {"message_group_id": message_group, "encrypted_messages": wrong}
                await refuses(people.here, "edit_message", edit, "wrong_recipients")


async def test_no_odd_spelling_names_a_person(house: House) -> None:
    async with a_talk(house) as (people, _, refuses):
        for name in odd(people.berta.id).values():
            await refuses(people.here, "modify_conversation", {"new_members": [name]}, "invalid_request")
            await refuses(GENERAL, "start_group_conversation", {"user_ids": [name], **keys()}, "invalid_request")
            other = {"other_user_id": name, **keys()}
            await refuses(GENERAL, "start_private_conversation", other, "invalid_request")


@dataclass
class People:
    anna: Person
    berta: Person
    here: str


@asynccontextmanager
async def a_talk(house: House) -> AsyncIterator[tuple[People, str, Try]]:
    """Anna in a conversation with one message, on a socket of its own: so many tries on one would be a flood."""
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna))
    sent = await house.chat.messages.send(conversation_id, anna.id, copies(anna), 2000)
    async with house.device(anna, anna.own, GENERAL, here) as device:
        await device.heard()
        before = await everything(house)

        async def refuses(topic: str, event: str, push: dict[str, Any], answer: str) -> None:
            assert await device.ask(topic, event, push) == refused(answer), (event, push)

        yield People(anna, berta, here), sent.message_group, refuses
        assert await device.heard() == []
        assert await everything(house) == before


async def test_no_odd_spelling_names_anything_over_http(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here, elsewhere = await private(house, anna, berta), await house.sign_in(anna.id)
    async with house.client(anna) as client:
        found = await client.get("/api/messages", params={"conversation_id": here})
        assert found.status_code == 200
        for kind, name in odd(here).items():
            answer = await client.get("/api/messages", params={"conversation_id": name})
            assert (answer.status_code, code(answer)) == (404, "not_found"), kind
        for kind, name in odd(berta.id).items():
            answer = await client.get(f"/api/conversations/private/{quote(name, safe='')}")
            # A slash makes it another path, where nothing is.
            assert answer.status_code == 404 or answer.json() == {"conversation_id": None}, kind
        for kind, name in odd(elsewhere.session_id).items():
            answer = await client.delete(f"/api/sessions/{quote(name, safe='')}")
            assert (answer.status_code, code(answer)) == (404, "not_found"), kind
        assert len((await client.get("/api/sessions")).json()["sessions"]) == 2
        # In a path or a query, percent-encoding is part of how any id is written.
        encoded = "".join(f"%{ord(each):02X}" for each in here)
        assert (await client.get(f"/api/messages?conversation_id={encoded}")).json() == found.json()
