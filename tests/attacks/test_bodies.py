"""Bodies written by an enemy, at every call of both tiers: a clear 4xx, nothing half done, never a 500."""

import json
from typing import Any

import httpx2
import pytest

from tests.http.house import EMAIL, PASSWORD, House, bearer, code, register

pytestmark = pytest.mark.anyio

CALLS: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/auth/register"): {"email": "new@example.org", "password": PASSWORD, "rememberMe": True},
    ("POST", "/auth/login"): {"email": EMAIL, "password": PASSWORD, "rememberMe": True},
    ("POST", "/auth/refresh"): {"token": "t", "brief": True},
    ("POST", "/auth/confirm"): {"token": "t"},
    ("POST", "/auth/password/request"): {"email": EMAIL},
    ("POST", "/auth/password/confirm"): {"token": "t"},
    ("POST", "/auth/password/reset"): {"token": "t", "new_password": "n", "new_password_confirmation": "n"},
    ("POST", "/api/signout"): {"token": "t"},
    ("PATCH", "/api/password"): {"password": "p", "new_password": "n", "new_password_confirmation": "n"},
    ("PATCH", "/api/email"): {"token": "t", "email": EMAIL, "password": "p"},
}
IN_WEB_TIER = ["/auth/register", "/auth/login"]
IDS = [path for _, path in CALLS]

JSON = {"content-type": "application/json"}

MALFORMED = [
    b"[]",
    b"null",
    b"true",
    b'"text"',
    b"{",
    b"\xff",
    b'{"a": "\\ud800"}',
    b'{"a": NaN}',
    b'{"a": 1, "a": 2}',
    b"[" * 30_000,
    b'{"a":' * 10_000,
    b'{"a": ' + b"9" * 6000 + b"}",
    b"\x00",
    b"{}\x00",
]


async def sent(client: httpx2.AsyncClient, call: tuple[str, str], raw: bytes, token: str = "") -> httpx2.Response:
    headers = {**JSON, **(bearer(token) if token else {})}
    return await client.request(*call, content=raw, headers=headers)


@pytest.mark.parametrize("call", CALLS, ids=IDS)
async def test_what_is_no_object_is_400(house: House, api: httpx2.AsyncClient, call: tuple[str, str]) -> None:
    token = (await register(api)).json()["auth_token"]
    for raw in MALFORMED:
        response = await sent(api, call, raw, token)
        assert (response.status_code, code(response)) == (400, "invalid_request"), raw[:40]
    if call != ("POST", "/api/signout"):
        assert (await sent(api, call, b"", token)).status_code in (400, 415)


@pytest.mark.parametrize("call", CALLS, ids=IDS)
async def test_every_member_of_a_wrong_type_is_400_and_named(
    house: House, api: httpx2.AsyncClient, call: tuple[str, str]
) -> None:
    token = (await register(api)).json()["auth_token"]
    for name, good in CALLS[call].items():
        wrongs: tuple[object, ...] = (1, 1.5, None, [], {}, ["a"], "true" if isinstance(good, bool) else True)
        for wrong in wrongs:
            response = await sent(api, call, json.dumps({**CALLS[call], name: wrong}).encode(), token)
            assert (response.status_code, code(response)) == (400, "invalid_request"), (name, wrong)
            assert [field["path"] for field in response.json()["error"]["fields"]] == [name]


@pytest.mark.parametrize("call", CALLS, ids=IDS)
async def test_every_member_with_a_hostile_text_is_refused_or_taken_but_breaks_nothing(
    house: House, api: httpx2.AsyncClient, call: tuple[str, str]
) -> None:
    token = (await register(api)).json()["auth_token"]
    hostile = [
        "",
        " ",
        "\x00",
        "a\x00b",
        "é" * 1000,
        "\u202e",
        "' OR 1=1 --",
        "%s%n{0}${7*7}",
        "\U0001f600" * 300,
        "\r\nx: y",
    ]
    for name, good in CALLS[call].items():
        for text in hostile if isinstance(good, str) else ():
            response = await sent(api, call, json.dumps({**CALLS[call], name: text}).encode(), token)
            assert response.status_code < 500, (name, text)
            if response.status_code >= 400:
                code(response)


@pytest.mark.parametrize("call", CALLS, ids=IDS)
async def test_a_lone_surrogate_in_any_member_is_400(
    house: House, api: httpx2.AsyncClient, call: tuple[str, str]
) -> None:
    token = (await register(api)).json()["auth_token"]
    for name, good in CALLS[call].items():
        if isinstance(good, str):
            raw = json.dumps({**CALLS[call], name: "\ud800 alone"}).encode()
            assert code(await sent(api, call, raw, token)) == "invalid_request"


@pytest.mark.parametrize("call", CALLS, ids=IDS)
async def test_a_megabyte_is_413_whether_its_length_is_told_or_not(
    house: House, api: httpx2.AsyncClient, call: tuple[str, str]
) -> None:
    token = (await register(api)).json()["auth_token"]
    raw = json.dumps({**CALLS[call], "password": "x" * 1_000_000}).encode()

    async def in_pieces() -> Any:
        for at in range(0, len(raw), 10_000):
            yield raw[at : at + 10_000]

    for content in (raw, in_pieces()):
        response = await api.request(*call, content=content, headers={**JSON, **bearer(token)})
        assert (response.status_code, code(response)) == (413, "body_too_large")


@pytest.mark.parametrize("path", ["/api/signout_all", "/api/token/email_confirm"])
async def test_a_flood_for_a_call_that_needs_no_body_is_413(api: httpx2.AsyncClient, path: str) -> None:
    token = (await register(api)).json()["auth_token"]
    response = await api.post(path, content=b"x" * 100_000, headers={**JSON, **bearer(token)})
    assert (response.status_code, code(response)) == (413, "body_too_large")


@pytest.mark.parametrize("path", IN_WEB_TIER)
async def test_the_web_tier_refuses_the_same(browser: httpx2.AsyncClient, path: str) -> None:
    call = ("POST", path)
    for raw in [*MALFORMED, b'{"email": "a", "password": "\\ud800"}', b'{"email": "a", "password": "\xed\xa0\x80"}']:
        response = await sent(browser, call, raw)
        assert (response.status_code, code(response)) == (400, "invalid_request"), raw[:40]
        assert "set-cookie" not in response.headers
    for name in CALLS[call]:
        response = await sent(browser, call, json.dumps({**CALLS[call], name: [1]}).encode())
        assert [field["path"] for field in response.json()["error"]["fields"]] == [name]
    for name in ("rememberme", "remember-me", "remember"):
        response = await sent(browser, call, json.dumps({**CALLS[call], name: True}).encode())
        assert [field["path"] for field in response.json()["error"]["fields"]] == [name]
    assert (await sent(browser, call, b'{"x": "' + b"x" * 1_000_000 + b'"}')).status_code == 413
    for path_without_body in ("/auth/refresh", "/auth/silent", "/auth/signout"):
        assert (await browser.post(path_without_body, content=b"x" * 100_000, headers=JSON)).status_code == 413


async def test_a_client_that_names_its_own_id_or_rights_changes_nothing_by_it(api: httpx2.AsyncClient) -> None:
    wished = "11111111-1111-4111-8111-111111111111"
    response = await register(
        api,
        id=wished,
        user_id=wished,
        subject=wished,
        confirmed_at="2020-01-01T00:00:00Z",
        is_admin=True,
        role="admin",
        email_key="root@example.org",
        password_hash="$argon2id$",
        session_id=wished,
        inserted_at=0,
        user={"id": wished, "confirmed_at": "2020-01-01T00:00:00Z"},
        __proto__={"is_admin": True},
    )
    assert response.status_code == 201
    user = response.json()["user"]
    assert user["id"] != wished
    assert user["confirmed_at"] is None
    assert user["email"] == EMAIL
    assert set(user) == {"id", "email", "confirmed_at"}


async def test_a_refused_registration_leaves_nothing_behind(house: House, api: httpx2.AsyncClient) -> None:
    for more in ({"rememberMe": "yes"}, {"remember": True}, {"rememberMe": True, "remember_me": False}):
        assert code(await register(api, **more)) == "invalid_request"
    assert await house.account_store.account_by_email(EMAIL) is None
