"""PATCH /api/profile and POST /api/recents: what is taken, what is refused, and what they never touch."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from latchstring import Statement
from tests.chat.house import House, opened
from tests.http.house import code

pytestmark = pytest.mark.anyio

AS_NEW = {"display_name": "Anna", "hidden": False, "theme": "day", "magnification": 1.0, "recents": []}


@pytest.fixture(scope="module")
async def house(anyio_backend: str) -> AsyncIterator[House]:
    async with opened() as house:
        yield house


@pytest.mark.parametrize(
    "change",
    [
        {"display_name": "Anne"},
        {"hidden": True},
        {"theme": "night"},
        {"theme": "auto"},
        {"magnification": 0.7},
        {"magnification": 1.4},
        {"magnification": 1},
        {"recents": ["/chat/b?x=1#y", "/chat/a", "/"]},
        {"recents": []},
        {"recents": ["/" + "é" * 199] * 20},
        {"display_name": "Anne", "hidden": True, "theme": "night", "magnification": 1.25, "recents": ["/about"]},
        {},
    ],
)
async def test_a_change_is_answered_with_the_whole_profile_and_leaves_the_rest(
    house: House, change: dict[str, Any]
) -> None:
    person = await house.person()
    async with house.client(person) as client:
        answer = await client.patch("/api/profile", json=change)
        assert (answer.status_code, answer.json()) == (200, {**AS_NEW, **change})
        assert answer.headers["cache-control"] == "no-store"
        assert (await client.patch("/api/profile", json={})).json() == {**AS_NEW, **change}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('{"display_name": ""}', "display_name"),
        ('{"display_name": "' + "a" * 81 + '"}', "display_name"),
        ('{"display_name": "a\\u0000b"}', "display_name"),
        ('{"display_name": "a\\u202eb"}', "display_name"),
        ('{"display_name": null}', "display_name"),
        ('{"display_name": 5}', "display_name"),
        ('{"hidden": 1}', "hidden"),
        ('{"hidden": "true"}', "hidden"),
        ('{"theme": "dusk"}', "theme"),
        ('{"theme": ["day"]}', "theme"),
        ('{"magnification": 0.69}', "magnification"),
        ('{"magnification": 1.41}', "magnification"),
        ('{"magnification": -1e308}', "magnification"),
        ('{"magnification": "1"}', "magnification"),
        ('{"magnification": true}', "magnification"),
        ('{"recents": "/"}', "recents"),
        ('{"recents": [1]}', "recents[0]"),
        ('{"recents": ["//evil.example"]}', "recents"),
        ('{"recents": ["/\\\\evil.example"]}', "recents"),
        ('{"recents": ["https://evil.example"]}', "recents"),
        ('{"recents": ["javascript:alert(1)"]}', "recents"),
        ('{"recents": ["/\\t/evil.example"]}', "recents"),
        ('{"recents": ["/a\\u0000"]}', "recents"),
        ('{"recents": [""]}', "recents"),
        (json.dumps({"recents": ["/" + "a" * 200]}), "recents"),
        (json.dumps({"recents": ["/"] * 21}), "recents"),
    ],
)
async def test_a_bad_member_is_named_and_nothing_is_changed(house: House, body: str, path: str) -> None:
    person = await house.person()
    together = '{"theme": "night", ' + body[1:] if "theme" not in body else body
    async with house.client(person) as client:
        answer = await client.patch("/api/profile", content=together, headers={"content-type": "application/json"})
        assert (answer.status_code, code(answer)) == (400, "invalid_request")
        error = answer.json()["error"]
        assert path in [field["path"] for field in error["fields"]]
        assert error["message"] == error["fields"][0]["message"]
        assert (await client.patch("/api/profile", json={})).json() == AS_NEW


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"a"',
        b"{",
        b'{"magnification": NaN}',
        b'{"magnification": Infinity}',
        b'{"magnification": 1e999}',
        b'{"display_name": "\\ud800"}',
        b'{"display_name": "\xff"}',
        b'{"hidden": true, "hidden": false}',
        b"[" * 30_000,
    ],
)
async def test_what_is_no_json_object_is_refused(house: House, body: bytes) -> None:
    person = await house.person()
    async with house.client(person) as client:
        for method, path in (("PATCH", "/api/profile"), ("POST", "/api/recents")):
            answer = await client.request(method, path, content=body, headers={"content-type": "application/json"})
            assert (answer.status_code, code(answer)) == (400, "invalid_request")
        assert (await client.patch("/api/profile", json={})).json() == AS_NEW


async def test_recents_are_kept_by_a_call_of_their_own(house: House) -> None:
    person = await house.person()
    async with house.client(person) as client:
        answer = await client.post("/api/recents", json={"recents": ["/chat", "/about"]})
        assert (answer.status_code, answer.json()) == (200, {**AS_NEW, "recents": ["/chat", "/about"]})
        for body in ({}, {"recents": None}, {"recents": {"0": "/"}}, {"recents": ["chat"]}):
            assert code(await client.post("/api/recents", json=body)) == "invalid_request"
        ignoring = {"recents": ["/"], "hidden": True, "theme": "night"}
        assert (await client.post("/api/recents", json=ignoring)).json() == {**AS_NEW, "recents": ["/"]}


async def test_no_member_of_a_body_reaches_what_it_may_not_change(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    body = {
        "display_name": "Anne",
        "user_id": berta.id,
        "id": berta.id,
        "email": "berta@example.org",
        "confirmed_at": "2026-01-01T00:00:00Z",
        "is_admin": True,
        "password": "a password of somebody's",
        "display_name = 'x' --": "x",
    }
    async with house.client(anna) as client:
        answer = await client.patch("/api/profile", json=body)
        assert (answer.status_code, answer.json()) == (200, {**AS_NEW, "display_name": "Anne"})
    assert (await house.chat.profiles.of(berta.id)).display_name == "Berta"
    assert (await house.chat.profiles.of(anna.id)).user_id == anna.id


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/api/profile"), ("POST", "/api/recents")])
async def test_both_calls_need_a_bearer_before_they_look_at_a_body(house: House, method: str, path: str) -> None:
    other = await house.person()
    ended = await house.person()
    await house.chat.auth.sessions.end(ended.pair.session_id)
    async with house.client() as nobody, house.client(ended) as signed_out, house.client(other) as client:
        for caller in (nobody, signed_out):
            answer = await caller.request(method, path, content=b"{")
            assert (answer.status_code, code(answer)) == (401, "invalid_token")
            assert answer.headers["www-authenticate"] == "Bearer"
        form = await client.request(method, path, data={"display_name": "x"})
        assert (form.status_code, code(form)) == (415, "unsupported_media_type")
        large = await client.request(method, path, content=b" " * 70_000, headers={"content-type": "application/json"})
        assert (large.status_code, code(large)) == (413, "body_too_large")
        wrong = await client.put(path, json={})
        assert (wrong.status_code, code(wrong)) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/api/nowhere", "/api/profile/", "/socket/websocket", "/api/nobody?search=a"])
async def test_what_is_not_there_is_said_in_the_one_shape(house: House, path: str) -> None:
    async with house.client(await house.person()) as client:
        answer = await client.get(path)
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"


async def test_somebody_without_a_profile_is_not_found(house: House) -> None:
    person = await house.person()
    await house.chat.auth.engine.write(Statement("DELETE FROM profiles WHERE user_id = :id", {"id": person.id}))
    async with house.client(person) as client:
        for change in ({}, {"theme": "night"}):
            assert code(await client.patch("/api/profile", json=change)) == "not_found"
