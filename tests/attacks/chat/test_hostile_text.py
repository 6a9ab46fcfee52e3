"""Every field that a person can write, over HTTP and the socket, with texts that some program takes for more than text:
kept to the letter, or refused with the field's name, the same verdict wherever that kind of text is written."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.attacks.chat.hostile import SHOWN, UNFIT
from tests.attacks.chat.scene import everything
from tests.chat.house import GENERAL, House
from tests.chat.talk import conversation, copies, group, keys, refused
from tests.http.house import PASSWORD, code
from tests.live.node import closing

pytestmark = pytest.mark.anyio

ANSWERED_LONE = {"status": "error", "response": "invalid_request"}


async def test_a_name_of_somebody_is_kept_or_refused_alike_over_http_and_the_socket(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    async with (
        house.client(anna) as client,
        house.device(anna, GENERAL) as device,
        house.device(berta, GENERAL) as other,
    ):
        await device.heard()
        for kind, text in SHOWN.items():
            answer = await client.patch("/api/profile", json={"display_name": text})
            assert (answer.status_code, answer.json()["display_name"]) == (200, text), kind
            assert (await client.get("/api/me")).json()["user"]["display_name"] == text
            assert (await device.ask(GENERAL, "set_display_name", {"display_name": f"{text}!"}))["status"] == "ok"
            told = await other.events("update_display_name")
            assert [each["display_name"] for each in told] == [text, f"{text}!"], kind
        before = await everything(house)
        for kind, text in UNFIT.items():
            answer = await client.patch("/api/profile", json={"display_name": text})
            assert (answer.status_code, code(answer)) in ((400, "invalid_request"), (413, "body_too_large")), kind
            assert text not in answer.text
            push = {"display_name": text}
            assert await device.ask(GENERAL, "set_display_name", push) == refused("invalid_request"), kind
        assert await everything(house) == before
        assert await other.heard() == []


async def test_a_name_at_registration_is_judged_as_every_other(house: House) -> None:
    async with house.client() as client:

        async def register(number: int, name: str) -> Any:
            body = {"email": f"q{number}@example.org", "password": PASSWORD, "display_name": name}
            return await client.post("/auth/register", json=body)

        for number, (kind, text) in enumerate(SHOWN.items()):
            answer = await register(number, text)
            assert (answer.status_code, answer.json()["user"]["display_name"]) == (201, text), kind
        before = await everything(house)
        for kind, text in UNFIT.items():
            answer = await register(1000, text)
            assert answer.status_code in (400, 413), kind
            assert code(answer) in ("invalid_request", "body_too_large")
        assert await everything(house) == before


async def test_a_name_of_a_group_is_kept_or_refused_alike_wherever_it_is_given(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta))
    async with house.device(anna, GENERAL, here) as device, house.device(berta, berta.own, here) as other:
        await device.heard()
        people = {"new_members": [berta.id]}
        ways: dict[str, tuple[str, Callable[[str], Awaitable[Any]]]] = {
            "change_alias": ("update_alias", lambda text: device.ask(here, "change_alias", {"alias": text})),
            "new_alias": (
                "new_conversation",
                lambda text: device.ask(here, "modify_conversation", {**people, "new_alias": text}),
            ),
            "alias": (
                "new_conversation",
                lambda text: device.ask(here, "modify_conversation", {**people, "alias": text}),
            ),
            "start": (
                "new_conversation",
                lambda text: device.ask(
                    GENERAL, "start_group_conversation", {"user_ids": [berta.id], "alias": text, **keys()}
                ),
            ),
        }
        for way, (event, give) in ways.items():
            for kind, text in SHOWN.items():
                assert (await give(text))["status"] == "ok", (way, kind)
                [told] = await other.events(event)
                assert told["conversation"]["alias"] == text, (way, kind)
            await other.heard()
            before = await everything(house)
            for kind, text in UNFIT.items():
                assert await give(text) == refused("invalid_request"), (way, kind)
            assert await everything(house) == before
            assert await other.heard() == []
    async with house.client(berta) as client:
        listed = (await client.get("/api/conversations")).json()["conversations"]
    assert [each["alias"] for each in listed if each["id"] == conversation_id] == [list(SHOWN.values())[-1]]


async def test_an_e_mail_address_is_an_address_to_the_letter_or_is_refused(house: House) -> None:
    async with house.client() as client:
        for text in [*SHOWN.values(), *UNFIT.values()]:
            for address in (text, f"{text}@example.org", f'"{text}"@example.org', f"anna@{text}", f"anna@{text}.org"):
                answer = await client.post("/auth/register", json={"email": address, "password": PASSWORD})
                assert code(answer) in ("invalid_request", "body_too_large"), address
        body = {"email": "o'brien+{{7*7}}@example.org", "password": PASSWORD}
        answer = await client.post("/auth/register", json=body)
        assert answer.json()["user"]["email"] == answer.json()["user"]["display_name"] == body["email"]


async def test_recent_pages_are_paths_of_our_own_whatever_is_written_there(house: House) -> None:
    async with house.client(await house.person()) as client:
        for kind, text in (SHOWN | UNFIT).items():
            assert code(await client.post("/api/recents", json={"recents": [text]})) in (
                "invalid_request",
                "body_too_large",
            ), kind
            path = f"/chat?{text}"
            answer = await client.post("/api/recents", json={"recents": [path]})
            if answer.status_code == 200:
                assert answer.json()["recents"] == [path], kind
                assert kind in SHOWN or kind in ("flood of marks", "only fillers"), kind
            else:
                assert code(answer) in ("invalid_request", "body_too_large"), kind


async def test_what_is_not_base64_is_no_message_however_it_is_written(house: House) -> None:
    anna = await house.person()
    here = conversation(await group(house, anna))
    async with house.device(anna, anna.own, here) as device:
        before = await everything(house)
        for kind, text in (SHOWN | UNFIT).items():
            if kind != "64 KiB":
                push = {"encrypted_messages": copies(anna, text=text)}
                assert await device.ask(here, "send_message", push) == refused("invalid_message"), kind
        assert await device.heard() == []
        assert await everything(house) == before


async def test_a_lone_surrogate_is_no_text_over_http_nor_on_the_socket(house: House) -> None:
    anna = await house.person()
    here = conversation(await group(house, anna))
    raw = json.dumps({"display_name": "\ud800 alone"}).encode()
    pushes = [
        (GENERAL, "set_display_name", '{"display_name": "\\ud800 alone"}'),
        (here, "change_alias", '{"alias": "alone \\udfff"}'),
        (here, "send_message", f'{{"encrypted_messages": {{"{anna.id}": "\\udc00"}}}}'),
        (here, "send_message", f'{{"encrypted_messages": {{"{anna.id}": "aGVsbG8=", "\\udc00": "aGVsbG8="}}}}'),
    ]
    before = await everything(house)
    async with house.client(anna) as client:
        answer = await client.patch("/api/profile", content=raw, headers={"content-type": "application/json"})
        assert (answer.status_code, code(answer)) == (400, "invalid_request")
    async with house.device(anna, GENERAL, here) as device:
        await device.heard()
        for topic, event, payload in pushes:
            await device.line.send(f'["1", "7", "{topic}", "{event}", {payload}]')
            assert (await device.next())[1:] == ["7", topic, "phx_reply", refused("invalid_request")], event
    # A frame whose topic or event is no text is no frame.
    for topic, event in ((here, "\\ud800"), ("\\ud800", "phx_join")):
        async with house.device(anna) as device:
            await device.line.send(f'["1", "7", "{topic}", "{event}", {{}}]')
            assert (await closing(device.line))[0] == 1007, event
    assert await everything(house) == before
