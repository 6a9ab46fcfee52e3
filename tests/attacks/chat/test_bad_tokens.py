"""Every interaction with a token that is no good for it: one answer for all kinds, and not a row is changed."""

import time
from typing import Any

import pytest

from tests.attacks.chat.scene import conversation_pushes, everything, general_pushes
from tests.chat.house import GENERAL, House, Person
from tests.chat.talk import conversation, copies, group, refused
from tests.chat.test_authorising import bad_tokens, token_of
from tests.http.house import bearer, code
from tests.live.node import until

pytestmark = pytest.mark.anyio


async def kinds(house: House, person: Person, here: str) -> dict[str, str]:
    """And what else the server has sealed or signed for this very person."""
    cursor = (await house.chat.history.page(here, person.id, None, 1)).page_token
    letter, payload, tag = person.token.split(".")
    return {
        **await bad_tokens(house, person),
        "a cursor": cursor,
        "unsigned": f"{letter}.{payload}.",
        "with another's payload": ".".join([letter, (await house.person()).token.split(".")[1], tag]),
        "in quotes": f'"{person.token}"',
        "with a space": f"{person.token} ",
        "with a line behind it": f"{person.token}\n",
        "twice": f"{person.token}{person.token}",
    }


async def two_messages(house: House, conversation_id: str, *people: Person) -> str:
    for _ in range(2):
        sent = await house.chat.messages.send(conversation_id, people[0].id, copies(*people), 2000)
    return sent.message_group


async def test_every_event_of_every_topic_refuses_every_kind_of_bad_token_and_stores_nothing(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta, alias="Tea"))
    written = await two_messages(house, conversation_id, anna, berta)
    pushes: list[tuple[str, str, dict[str, Any]]] = [
        *((here, *push) for push in conversation_pushes(anna, berta, message_group=written).items()),
        *((GENERAL, *push) for push in general_pushes(berta).items()),
        (anna.own, "renew", {}),
        *((topic, "phx_join", {}) for topic in (here, GENERAL, anna.own)),
    ]
    tokens = await kinds(house, anna, conversation_id)
    before = await everything(house)
    async with house.device(berta, berta.own, here) as other:
        for kind, token in tokens.items():
            # A socket for each kind: all of them on one would be a flood.
            async with house.device(anna, anna.own, here, GENERAL) as device:
                await device.heard()
                for topic, event, push in pushes:
                    answer = await device.ask(topic, event, {**push, "token": token})
                    assert answer == refused("invalid_token"), (kind, event)
                assert (await device.heard(), await other.heard()) == ([], [])
        assert await everything(house) == before
        async with house.device(anna, here) as device:
            # What was refused was good but for its token.
            assert (await device.ask(here, "start_typing", {"token": anna.token}))["status"] == "ok"


async def test_a_socket_whose_own_token_has_expired_does_nothing_by_it_in_any_topic(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta, alias="Tea"))
    written = await two_messages(house, conversation_id, anna, berta)
    short = token_of(house, anna, seconds=2)
    async with (
        house.device(anna, anna.own, here, GENERAL, token=short) as device,
        house.device(berta, berta.own, here) as other,
    ):
        ends_at = int(time.time()) + 2
        await until(lambda: time.time() > ends_at + 1)
        await device.heard()
        before = await everything(house)
        for event, push in conversation_pushes(anna, berta, message_group=written).items():
            assert await device.ask(here, event, push) == refused("invalid_token"), event
        for event, push in general_pushes(berta).items():
            assert await device.ask(GENERAL, event, push) == refused("invalid_token"), event
        assert (await device.heard(), await other.heard()) == ([], [])
        assert await everything(house) == before


async def test_every_call_refuses_every_kind_of_bad_token_alike(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna, berta)
    await two_messages(house, here, anna, berta)
    elsewhere = await house.sign_in(anna.id)
    calls: list[tuple[str, str, dict[str, Any] | None]] = [
        ("GET", "/api/me", None),
        ("GET", "/api/sessions", None),
        ("GET", "/api/users?search=berta", None),
        ("GET", f"/api/messages?conversation_id={here}", None),
        ("GET", "/api/conversations", None),
        ("GET", f"/api/conversations/private/{berta.id}", None),
        ("PATCH", "/api/profile", {"display_name": "Mallory"}),
        ("POST", "/api/recents", {"recents": ["/chat"]}),
        ("DELETE", f"/api/sessions/{elsewhere.session_id}", None),
        ("POST", "/api/signout_all", None),
    ]
    tokens = await kinds(house, anna, here)
    # Another user's is no bad one here: it says who asks. And a header has no white space at its ends.
    for kind in ("another user's", "with a space", "with a line behind it", "not ASCII"):
        del tokens[kind]
    before = await everything(house)
    async with house.client() as client:
        answers = [
            await client.request(method, path, json=body, headers=bearer(token))
            for token in tokens.values()
            for method, path, body in calls
        ]
        assert {(each.status_code, each.text) for each in answers} == {(401, answers[0].text)}
        assert code(answers[0]) == "invalid_token"
        assert await everything(house) == before
        for method, path, body in calls:
            answer = await client.request(method, path, json=body, headers=bearer(anna.token))
            assert answer.is_success, path


async def test_a_query_or_a_body_is_no_place_for_a_bearer(house: House) -> None:
    anna = await house.person()
    async with house.client() as client:
        for name in ("token", "access_token", "auth_token", "authorization"):
            assert code(await client.get("/api/me", params={name: anna.token})) == "invalid_token"
            body = {"recents": [], name: anna.token}
            assert code(await client.post("/api/recents", json=body)) == "invalid_token"
