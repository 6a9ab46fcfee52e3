"""The HTTP calls around conversations: what they answer, to whom, and what they make of odd questions."""

import re
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any

import httpx2
import pytest

from tests.chat.house import DEFAULTS, House, opened
from tests.chat.pairs import pair
from tests.chat.test_conversations import NOBODY, group, private
from tests.chat.test_messages import copies
from tests.http.house import code

pytestmark = pytest.mark.anyio

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "postgresql":
            patch.setitem(DEFAULTS, "CHAT_DATABASE_URL", f"{request.getfixturevalue('module_postgres_url')}?pool=5")
        yield str(request.param)


@pytest.fixture(scope="module")
async def house(anyio_backend: str, database: str) -> AsyncIterator[House]:
    async with opened() as house:
        yield house


def paths_of(answer: httpx2.Response) -> list[str]:
    assert (answer.status_code, code(answer)) == (400, "invalid_request"), answer.text
    return [field["path"] for field in answer.json()["error"]["fields"]]


async def test_messages_are_answered_field_by_field_newest_first(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna, berta)
    for text in ("AAAA", "BBBB"):
        sent = await house.chat.messages.send(here, anna.id, {anna.id: text, berta.id: text[::-1]}, 1_700_000_000_123)
    async with house.client(berta) as client:
        answer = await client.get("/api/messages", params={"conversation_id": here})
    assert answer.headers["cache-control"] == "no-store"
    assert list(answer.json()) == ["messages"]
    messages = answer.json()["messages"]
    assert messages["page_token"] == ""
    copy = sent.copies[berta.id]
    assert messages["items"][0] == {
        "id": copy.id,
        "sender": anna.id,
        "content": "BBBB",
        "message_group": sent.message_group,
        "inserted_at": "2023-11-14 22:13:20.123000Z",
        "updated_at": "2023-11-14 22:13:20.123000Z",
    }
    assert [each["content"] for each in messages["items"]] == ["BBBB", "AAAA"]


async def test_pages_follow_each_other_over_http(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna, berta)
    groups = [(await house.chat.messages.send(here, anna.id, copies(anna, berta), 1)).message_group for _ in range(25)]
    read, token, sizes = [], "", []
    async with house.client(berta) as client:
        while True:
            params = {"conversation_id": here, "page_token": token}
            messages = (await client.get("/api/messages", params=params)).json()["messages"]
            read += [each["message_group"] for each in messages["items"]]
            sizes.append(len(messages["items"]))
            token = messages["page_token"]
            if not token:
                break
        everything = await client.get("/api/messages", params={"conversation_id": here, "page_size": "100"})
    assert read == groups[::-1]
    assert sizes == [20, 5]
    assert len(everything.json()["messages"]["items"]) == 25


async def test_what_is_not_the_askers_is_not_there(house: House) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    here, left = await group(house, anna, berta), await group(house, anna, dora)
    await house.chat.messages.send(here, anna.id, copies(anna, berta), 2000)
    for _ in range(2):
        await house.chat.messages.send(left, anna.id, copies(anna, dora), 2000)
    token = (await house.chat.history.page(left, dora.id, None, 1)).page_token
    await house.chat.groups.leave(left, dora.id, 3000)
    async with house.client(dora) as client:
        answers = [
            await client.get("/api/messages", params={"conversation_id": asked, "page_token": page_token})
            for asked, page_token in [
                (here, ""),
                (left, ""),
                (left, token),
                (NOBODY, ""),
                (here.upper(), ""),
                (f"{{{here}}}", ""),
                (here.replace("-", ""), ""),
                (f"{here}\x00", ""),
                (f"{here} ", ""),
                ("undefined", ""),
                ("x" * 20_000, ""),
            ]
        ]
        assert {(each.status_code, each.text) for each in answers} == {(404, answers[0].text)}
        assert code(answers[0]) == "not_found"
        assert (await client.get("/api/conversations")).json() == {"conversations": []}


async def test_a_cursor_of_somebody_elses_or_of_another_conversation_is_refused_by_name(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here, there = await group(house, anna, berta), await group(house, anna, berta)
    for _ in range(2):
        await house.chat.messages.send(here, anna.id, copies(anna, berta), 2000)
    params = {"conversation_id": here, "page_size": "1"}
    async with house.client(anna) as client, house.client(berta) as other:
        token = (await client.get("/api/messages", params=params)).json()["messages"]["page_token"]
        for caller, question in [
            (other, {"conversation_id": here, "page_token": token}),
            (client, {"conversation_id": there, "page_token": token}),
            (client, {"conversation_id": here, "page_token": token[:-1]}),
            (client, {"conversation_id": here, "page_token": "1"}),
            (client, {"conversation_id": here, "page_token": "\ufffd\u2028"}),
        ]:
            assert paths_of(await caller.get("/api/messages", params=question)) == ["page_token"]
        assert paths_of(await client.get("/api/users", params={"page_token": token})) == ["page_token"]


@pytest.mark.parametrize("size", ["0", "-1", "101", "1.5", "a", "٥", " 5", "1_0", "9" * 400, "null", "\x00"])
@pytest.mark.parametrize("path", ["/api/users", "/api/messages"])
async def test_a_page_has_one_to_a_hundred(house: House, path: str, size: str) -> None:
    anna = await house.person()
    params = {"conversation_id": await group(house, anna)}
    async with house.client(anna) as client:
        assert paths_of(await client.get(path, params={**params, "page_size": size})) == ["page_size"]
        for good in ("", "1", "100"):
            assert (await client.get(path, params={**params, "page_size": good})).status_code == 200


async def test_an_empty_parameter_is_an_absent_one_and_two_are_refused(house: House) -> None:
    anna = await house.person()
    here = await group(house, anna)
    async with house.client(anna) as client:
        for nothing in ("", "?conversation_id=", "?conversation_id=&page_size=&page_token="):
            assert paths_of(await client.get(f"/api/messages{nothing}")) == ["conversation_id"]
        assert (await client.get(f"/api/messages?conversation_id={here}&page_size=&page_token=&x=1&x=2")).is_success
        assert paths_of(await client.get("/api/users?page_size=1&page_size=2")) == ["page_size"]
        assert paths_of(await client.get("/api/users?page_size=0&search=%00")) == ["page_size"]


async def test_people_are_found_with_masked_addresses_and_never_the_asker(house: House) -> None:
    anna = await house.person("Qanna", "qanna@example.org")
    berta, dora = await house.person("Qberta", "qberta@example.org"), await house.person("Qdora", "qdora@example.org")
    await private(house, berta, anna)
    async with house.client(anna) as client:
        answer = await client.get("/api/users", params={"search": "Q"})
        assert list(answer.json()) == ["users"]
        assert answer.json()["users"] == {
            "items": sorted(
                [
                    {"id": berta.id, "email": "qberta@example.org", "display_name": "Qberta"},
                    {"id": dora.id, "email": "q____@hidden.example", "display_name": "Qdora"},
                ],
                key=lambda person: str(person["id"]),
            ),
            "page_token": "",
        }
        [only] = (await client.get("/api/users", params={"search": "QDORA@example.org"})).json()["users"]["items"]
        assert only["id"] == dora.id
        first = (await client.get("/api/users?search=q&page_size=1")).json()["users"]
        params = {"search": "q", "page_size": "1", "page_token": first["page_token"]}
        second = (await client.get("/api/users", params=params)).json()["users"]
        assert {first["items"][0]["id"], second["items"][0]["id"]} == {berta.id, dora.id}
        assert second["page_token"] == ""


@pytest.mark.parametrize(
    ("search", "status"),
    [
        ("%00", 400),
        ("%0A", 400),
        ("a" * 255, 400),
        ("%F0%9F%98%80" * 254, 200),
        ("%ED%A0%80", 200),
        ("%FF", 200),
        ("a%E2%80%A8b", 200),
        ("%E2%80%AE", 200),
        ("%25_%5C'%22", 200),
        ("%3Cscript%3E", 200),
    ],
)
async def test_no_search_breaks_anything(house: House, search: str, status: int) -> None:
    async with house.client(await house.person("Anna")) as client:
        answer = await client.get(f"/api/users?search={search}")
        assert answer.status_code == status
        if status == 400:
            assert paths_of(answer) == ["search"]
        else:
            assert answer.json()["users"]["items"] == []


async def test_the_private_conversation_is_null_for_anything_that_is_no_partner(house: House) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    here, _ = await private(house, berta, anna), await private(house, berta, dora)
    async with house.client(anna) as client:
        found = await client.get(f"/api/conversations/private/{berta.id}")
        assert (found.status_code, found.json()) == (200, {"conversation_id": here})
        for other in (dora.id, anna.id, NOBODY, here, berta.id.upper(), "undefined", "%ED%A0%80", "'", "x" * 5000):
            answer = await client.get(f"/api/conversations/private/{other}")
            assert (answer.status_code, answer.json()) == (200, {"conversation_id": None}), other


async def test_the_users_conversations_come_with_members_and_what_is_unread(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    between = await private(house, anna, berta)
    here = await group(house, anna, berta, alias="Alle", now=2000)
    await house.chat.messages.send(here, anna.id, copies(anna, berta), 3000)
    async with house.client(berta) as client:
        conversations = (await client.get("/api/conversations")).json()["conversations"]
    assert [each["id"] for each in conversations] == [here, between]
    assert {**conversations[0], "user_ids": set(conversations[0]["user_ids"])} == {
        "id": here,
        "private": False,
        "alias": "Alle",
        "inserted_at": "1970-01-01 00:00:02.000000Z",
        "updated_at": "1970-01-01 00:00:03.000000Z",
        "user_ids": {anna.id, berta.id},
        "unread": 1,
    }


async def test_me_and_signing_in_hold_just_what_the_contract_says(house: House) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    await house.person("Stranger")
    here, between = await group(house, anna, berta, dora, alias="Alle"), await private(house, berta, anna)
    async with house.client(anna) as client:
        me = (await client.get("/api/me")).json()
        refreshed = (await client.post("/auth/refresh", json={"token": anna.pair.refresh_token})).json()
    assert me["conversations"] == refreshed["conversations"]
    assert me["users"] == refreshed["users"]
    assert {each["id"] for each in me["conversations"]} == {here, between}
    for each in me["conversations"]:
        assert list(each) == ["id", "private", "alias", "inserted_at", "updated_at"]
        assert TIME.fullmatch(each["inserted_at"])
        assert (each["private"], each["alias"]) == ((False, "Alle") if each["id"] == here else (True, None))
    assert sorted(me["users"], key=lambda each: str(each["display_name"])) == [
        {"id": berta.id, "email": berta.email, "display_name": "Berta"},
        {"id": dora.id, "email": dora.email, "display_name": "Dora"},
    ]


@pytest.mark.parametrize(
    "path",
    ["/api/users", f"/api/messages?conversation_id={NOBODY}", "/api/conversations", "/api/conversations/private/x"],
)
async def test_each_call_needs_a_bearer_before_it_looks_at_anything(house: House, path: str) -> None:
    ended = await house.person()
    await house.chat.auth.sessions.end(ended.pair.session_id)
    async with (
        house.client() as nobody,
        house.client(ended) as signed_out,
        house.client(await house.person()) as client,
    ):
        for caller in (nobody, signed_out):
            answer = await caller.get(f"{path}{'&' if '?' in path else '?'}page_size=0")
            assert (answer.status_code, code(answer)) == (401, "invalid_token")
        assert (await client.post(path, json={})).status_code == 405


async def test_the_document_tells_the_parameters(house: House) -> None:
    async with house.client() as client:
        paths: dict[str, Any] = (await client.get("/openapi.json")).json()["paths"]
    parameters = {each["name"]: each for each in paths["/api/messages"]["get"]["parameters"]}
    assert {name: each["required"] for name, each in parameters.items()} == {
        "conversation_id": True,
        "page_token": False,
        "page_size": False,
    }
    assert parameters["page_size"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert {"400", "401", "404"} <= set(paths["/api/messages"]["get"]["responses"])


async def test_signing_in_with_two_thousand_conversations_asks_no_more_than_with_two(house: House) -> None:
    anna = await house.person("Anna")
    others = [await house.person(f"Other {number}") for number in range(20)]

    async def asked() -> int:
        reads, counted = house.chat.auth.engine.read, 0
        # The node reads the feed meanwhile, in a task that did not come of this call.
        is_asked: ContextVar[bool] = ContextVar("is_asked", default=False)
        is_asked.set(True)

        async def counting(statement: Any) -> Any:
            nonlocal counted
            counted += is_asked.get()
            return await reads(statement)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(house.chat.auth.engine, "read", counting)
            async with house.client(anna) as client:
                assert (await client.get("/api/me")).is_success
                return counted

    for number in range(2):
        await house.chat.conversations.start_private(anna.id, others[number].id, pair(), 1000)
    # The first call of a session also reads how its token stands.
    await asked()
    few = await asked()
    for number in range(1998):
        await house.chat.conversations.start_group(anna.id, [others[number % 20].id], None, pair(), 1000 + number)
    assert await asked() == few
    assert len(await house.chat.rosters.of(anna.id)) == 2000
