"""Requests that somebody else's page makes a signed-in browser send. All of them carry the cookie: that is the worst
case, a sibling subdomain or an old browser. None of them may change anything, or say anything of the cookie."""

from typing import Any

import httpx2
import pytest

from tests.http.house import EMAIL, OURS, PASSWORD, House, code, register

pytestmark = pytest.mark.anyio

ROUTES = [
    *("/auth/register", "/auth/login", "/auth/refresh", "/auth/silent", "/auth/signout", "/api/signout", "/nothing"),
    *("/auth/confirm", "/auth/password/request", "/auth/password/confirm", "/auth/password/reset"),
]

FOREIGN: list[dict[str, str]] = [
    {},
    {"origin": "null"},
    {"origin": "https://evil.example"},
    {"origin": "https://sibling.example.org"},
    {"origin": f"{OURS}.evil.example"},
    {"origin": "http://chat.example.org"},
    {"origin": f"{OURS}:8443"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "https://sibling.example.org"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": OURS},
    {"sec-fetch-site": "same-site", "origin": OURS},
    {"referer": f"{OURS}/chat"},
    {"host": "chat.example.org", "x-forwarded-host": "chat.example.org"},
    {"x-requested-with": "XMLHttpRequest"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
async def test_a_foreign_page_changes_nothing(web_house: House, headers: dict[str, str], method: str) -> None:
    async with web_house.browser() as victim:
        subject = (await register(victim, rememberMe=True)).json()["user"]["id"]
        before = await web_house.sessions.list(subject)
        async with web_house.client(web_house.web, cookies=victim.cookies) as foreign:
            for path in ROUTES:
                response = await foreign.request(method, path, headers=headers)
                assert (response.status_code, code(response)) == (403, "cross_origin")
                assert "set-cookie" not in response.headers
        assert await web_house.sessions.list(subject) == before
        assert (await victim.post("/auth/refresh")).status_code == 200


@pytest.mark.parametrize("name", ["sec-fetch-site", "origin"])
async def test_a_header_that_comes_twice_is_nobodys_word(house: House, name: str) -> None:
    good = {"sec-fetch-site": "same-origin", "origin": OURS}[name]
    async with house.client(house.web) as client:
        for other in ("cross-site", good):
            headers = [(name, good), (name, other)]
            assert code(await client.post("/auth/silent", headers=headers)) == "cross_origin"


async def test_the_origin_alone_is_enough_for_a_browser_without_fetch_metadata(house: House) -> None:
    async with house.client(house.web, headers={"origin": OURS}) as client:
        assert (await register(client)).status_code == 201


FORMS: list[dict[str, Any]] = [
    {"data": {"email": EMAIL, "password": PASSWORD}},
    {"files": {"email": b"anna@example.org"}},
    {"content": b'{"email": "a@example.org", "password": "p"}', "headers": {"content-type": "text/plain"}},
    {"content": b'{"email": "a@example.org", "password": "p"}'},
    {"content": b"{}", "headers": {"content-type": "application/json; charset=utf-16"}},
    {"content": b"{}", "headers": {"content-type": "application/json, text/plain"}},
    {"content": b"{}", "headers": {"content-type": "text/plain; application/json"}},
    {"content": b"{}", "headers": {"content-type": "application/jsonp"}},
    {"content": b"{}", "headers": {"content-type": "application/json", "content-encoding": "gzip"}},
]


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("path", [path for path in ROUTES if path.startswith("/auth/")])
async def test_what_a_form_can_send_is_no_body_of_ours(
    browser: httpx2.AsyncClient, form: dict[str, Any], path: str
) -> None:
    await register(browser, "bert@example.org")
    response = await browser.post(path, **form)
    assert (response.status_code, code(response)) == (415, "unsupported_media_type")
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/login"),
        ("POST", "/auth/refresh"),
        ("POST", "/api/signout"),
        ("POST", "/api/signout_all"),
        ("POST", "/api/token/email_change"),
        ("DELETE", "/api/sessions/x"),
    ],
)
async def test_nor_in_the_api_tier(api: httpx2.AsyncClient, form: dict[str, Any], method: str, path: str) -> None:
    response = await api.request(method, path, **form)
    assert (response.status_code, code(response)) == (415, "unsupported_media_type")
