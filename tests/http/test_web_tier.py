"""The web tier, in one process with the API tier and apart from it: what a browser sees."""

import asyncio
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from latchstring.errors import Unavailable
from latchstring.http import ApiAnswer, OverHttp, build_web_tier
from latchstring.issuing import Visitor
from tests.http.house import EMAIL, OURS, PASSWORD, SAME_ORIGIN, House, bearer, code, log_in, register
from tests.http.test_api_tier import mailed_token

pytestmark = pytest.mark.anyio

NAME = "__Host-Http-latchstring"
CLEARED = f"{NAME}=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0"


def set_cookies(response: httpx2.Response) -> list[str]:
    return response.headers.get_list("set-cookie")


def untouched(response: httpx2.Response) -> bool:
    return set_cookies(response) == []


def cleared(response: httpx2.Response) -> bool:
    return set_cookies(response) == [CLEARED]


async def test_signing_in_sets_the_cookie_and_no_script_sees_the_refresh_token(browser: httpx2.AsyncClient) -> None:
    response = await register(browser)
    assert response.status_code == 201
    body = response.json()
    assert "refresh_token" not in body
    assert {"user", "conversations", "users", "auth_token", "auth_token_expires_in", "remembered"} <= set(body)
    [cookie] = set_cookies(response)
    name_and_value, *attributes = cookie.split("; ")
    assert name_and_value.startswith(f"{NAME}=")
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"]
    assert response.headers["cache-control"] == "no-store"


async def test_nobody_is_remembered_who_did_not_ask_for_it(browser: httpx2.AsyncClient) -> None:
    assert (await register(browser)).json()["remembered"] is False
    assert (await log_in(browser)).json()["remembered"] is False
    asked: tuple[dict[str, Any], ...] = ({"rememberMe": True}, {"remember_me": True})
    for spelling in asked:
        response = await log_in(browser, **spelling)
        assert response.json()["remembered"] is True
        assert set_cookies(response)[0].endswith("; Max-Age=1209600")


async def test_refreshing_answers_a_token_and_rotates_the_cookie(browser: httpx2.AsyncClient) -> None:
    before = set_cookies(await register(browser))
    response = await browser.post("/auth/refresh")
    assert response.status_code == 200
    assert set(response.json()) == {"token", "expires_in"}
    assert response.json()["expires_in"] == 1800
    assert set_cookies(response) != before
    assert len(set_cookies(response)) == 1
    me = await browser.get("/api/me", headers=bearer(response.json()["token"]))
    assert me.json()["user"]["email"] == EMAIL


async def test_refreshing_without_a_cookie_is_an_unknown_session_and_touches_none(
    browser: httpx2.AsyncClient,
) -> None:
    """The answer may overtake a sign-in of another tab: clearing would take that one's cookie away."""
    response = await browser.post("/auth/refresh")
    assert (response.status_code, code(response)) == (401, "session_ended")
    assert response.json()["error"]["reason"] == "unknown"
    assert untouched(response)


async def test_the_max_age_is_what_is_left_of_the_session(web_house: House, browser: httpx2.AsyncClient) -> None:
    await register(browser, rememberMe=True)
    for _ in range(2):
        web_house.clock.advance(seconds=13 * 86_400)
        response = await browser.post("/auth/refresh")
    assert set_cookies(response)[0].endswith(f"; Max-Age={4 * 86_400}")


async def test_silent_without_a_cookie_is_204(browser: httpx2.AsyncClient) -> None:
    response = await browser.post("/auth/silent")
    assert (response.status_code, response.content) == (204, b"")
    assert untouched(response)
    assert response.headers["cache-control"] == "no-store"


async def test_silent_leaves_a_cookie_that_is_not_remembered_alone(browser: httpx2.AsyncClient) -> None:
    await register(browser)
    response = await browser.post("/auth/silent")
    assert (response.status_code, response.content) == (204, b"")
    assert untouched(response)
    assert (await browser.post("/auth/refresh")).status_code == 200


async def test_silent_brings_a_remembered_user_back(browser: httpx2.AsyncClient) -> None:
    await register(browser, rememberMe=True)
    response = await browser.post("/auth/silent")
    assert response.status_code == 200
    assert response.json()["user"]["email"] == EMAIL
    assert "refresh_token" not in response.json()
    assert set_cookies(response)[0].endswith("; Max-Age=1209600")


@pytest.mark.parametrize("path", ["/auth/silent", "/auth/refresh"])
async def test_a_session_that_is_over_is_401_with_its_reason_and_the_cookie_goes(
    web_house: House, browser: httpx2.AsyncClient, path: str
) -> None:
    subject = (await register(browser, rememberMe=True)).json()["user"]["id"]
    await web_house.sessions.end_all(subject)
    response = await browser.post(path)
    assert (response.status_code, code(response)) == (401, "session_ended")
    assert response.json()["error"]["reason"] == "signed_out_elsewhere"
    assert cleared(response)
    assert not browser.cookies


@pytest.mark.parametrize("path", ["/auth/silent", "/auth/refresh"])
async def test_a_retry_clears_nothing(web_house: House, browser: httpx2.AsyncClient, path: str) -> None:
    await register(browser, rememberMe=True)
    old = dict(browser.cookies)
    token = (await browser.post("/auth/refresh")).json()["token"]
    await browser.get("/api/me", headers=bearer(token))
    async with web_house.browser() as straggler:
        straggler.cookies.update(old)
        response = await straggler.post(path)
    assert (response.status_code, code(response)) == (409, "retry")
    assert untouched(response)


@pytest.mark.parametrize("path", ["/auth/silent", "/auth/refresh", "/auth/signout", "/auth/login"])
async def test_a_store_that_is_down_costs_nobody_the_cookie(
    web_house: House, browser: httpx2.AsyncClient, path: str
) -> None:
    await register(browser, rememberMe=True)
    web_house.engine.down = True
    body: dict[str, Any] = {"json": {"email": EMAIL, "password": PASSWORD}} if path == "/auth/login" else {}
    response = await browser.post(path, **body)
    assert (response.status_code, code(response)) == (503, "unavailable")
    assert "retry-after" in response.headers
    assert untouched(response)
    web_house.engine.down = False
    assert (await browser.post("/auth/silent")).status_code == 200


async def test_a_throttled_sign_in_keeps_the_cookie_that_was_there(browser: httpx2.AsyncClient) -> None:
    await register(browser)
    for _ in range(200):
        response = await browser.post("/auth/login", json={"email": EMAIL, "password": "wrong wrong wrong wrong"})
        assert untouched(response)
        if response.status_code == 429:
            break
    assert code(response) == "too_many_requests"
    assert int(response.headers["retry-after"]) >= 1
    assert (await browser.post("/auth/refresh")).status_code == 200


async def test_signing_in_ends_the_session_that_the_cookie_held(web_house: House, browser: httpx2.AsyncClient) -> None:
    subject = (await register(browser)).json()["user"]["id"]
    old = dict(browser.cookies)
    await log_in(browser)
    assert len(await web_house.sessions.list(subject)) == 1
    async with web_house.browser() as left_behind:
        left_behind.cookies.update(old)
        response = await left_behind.post("/auth/refresh")
    assert response.json()["error"]["reason"] == "signed_out"


async def test_a_script_cannot_name_the_session_that_its_sign_in_replaces(
    web_house: House, browser: httpx2.AsyncClient
) -> None:
    await register(browser)
    async with web_house.client(web_house.api) as api:
        other = (await register(api, "bert@example.org")).json()
        await log_in(browser, replaces=other["refresh_token"])
        assert (await api.get("/api/me", headers=bearer(other["auth_token"]))).status_code == 200


async def test_signing_out_is_204_always_and_the_session_is_over(web_house: House, browser: httpx2.AsyncClient) -> None:
    assert cleared(await browser.post("/auth/signout"))
    subject = (await register(browser)).json()["user"]["id"]
    old = dict(browser.cookies)
    web_house.clock.advance(seconds=3600)
    response = await browser.post("/auth/signout", headers=bearer("long expired"))
    assert (response.status_code, response.content) == (204, b"")
    assert cleared(response)
    assert await web_house.sessions.list(subject) == []
    async with web_house.browser() as again:
        again.cookies.update(old)
        response = await again.post("/auth/signout")
        assert response.status_code == 204
        assert cleared(response)


@pytest.mark.parametrize(
    ("path", "status"), [("/auth/refresh", 401), ("/auth/silent", 204), ("/auth/signout", 204), ("/auth/login", 401)]
)
async def test_a_cookie_that_does_not_open_is_as_none_and_is_cleared(
    browser: httpx2.AsyncClient, path: str, status: int
) -> None:
    browser.cookies.set(NAME, "tossed")
    body: dict[str, Any] = {"json": {"email": EMAIL, "password": PASSWORD}} if path == "/auth/login" else {}
    response = await browser.post(path, **body)
    assert response.status_code == status
    assert cleared(response)


async def test_signing_in_over_a_cookie_that_does_not_open_sets_one_that_does(browser: httpx2.AsyncClient) -> None:
    response = await browser.post(
        "/auth/register", json={"email": EMAIL, "password": PASSWORD}, headers={"cookie": f"{NAME}=tossed"}
    )
    assert len(set_cookies(response)) == 1
    assert not cleared(response)


async def test_calls_are_passed_on_with_bearer_method_query_and_body(browser: httpx2.AsyncClient) -> None:
    token = (await register(browser)).json()["auth_token"]
    listed = await browser.get("/api/sessions?x=1&x=é", headers=bearer(token))
    assert listed.status_code == 200
    assert listed.headers["cache-control"] == "no-store"
    [session] = listed.json()["sessions"]
    assert code(await browser.get("/api/sessions")) == "invalid_token"
    wrong = await browser.patch("/api/password", json={"password": 1}, headers=bearer(token))
    assert [field["path"] for field in wrong.json()["error"]["fields"]] == [
        "password",
        "new_password",
        "new_password_confirmation",
    ]
    gone = await browser.delete(f"/api/sessions/{session['id']}", headers=bearer(token))
    assert (gone.status_code, gone.content) == (204, b"")


async def test_the_session_shows_the_visitor_and_not_the_web_tier(
    web_house: House, browser: httpx2.AsyncClient
) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    browser.headers["user-agent"] = agent
    subject = (await register(browser)).json()["user"]["id"]
    [session] = await web_house.sessions.list(subject)
    assert session.address == "203.0.113.7"
    assert "Firefox" in session.device


async def test_fifty_refreshes_at_once_leave_one_sign_in_that_works(
    web_house: House, browser: httpx2.AsyncClient
) -> None:
    await register(browser)
    jar = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}

    async def refresh() -> httpx2.Response:
        async with web_house.browser() as tab:
            return await tab.post("/auth/refresh", headers=jar)

    answers = await asyncio.gather(*(refresh() for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    browser.cookies.set(NAME, set_cookies(answers[7])[0].split(";")[0].partition("=")[2], domain="chat.example.org")
    assert (await browser.post("/auth/refresh")).status_code == 200


async def test_health_is_that_of_the_api_tier(web_house: House, browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/healthz")).json() == {"status": "ok"}
    web_house.engine.down = True
    assert (await browser.get("/healthz")).status_code == 503


async def nonsense(request: Request) -> Response:
    status = int(request.headers["latchstring-visitor-agent"])
    return PlainTextResponse("<html>canary</html>", status)


@pytest.mark.parametrize("status", [200, 204, 302, 401, 404, 429, 500, 502, 504])
@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/silent", "/auth/signout", "/api/me"])
async def test_what_is_no_answer_of_the_api_tier_is_503_and_clears_nothing(
    web_house: House, browser: httpx2.AsyncClient, status: int, path: str
) -> None:
    await register(browser, rememberMe=True)
    stranger = Starlette(routes=[Route("/{any:path}", nonsense, methods=["GET", "POST"])])
    client = OverHttp("http://api.internal", key="k" * 32, transport=httpx2.ASGITransport(app=stranger))
    web = build_web_tier(client, settings=web_house.settings, key_ring=web_house.key_ring, entropy=bytes)
    transport = httpx2.ASGITransport(app=web)
    async with httpx2.AsyncClient(transport=transport, base_url=OURS, cookies=browser.cookies) as tab:
        response = await tab.post(path, headers={**SAME_ORIGIN, "user-agent": str(status)})
    await client.close()
    assert (response.status_code, code(response)) == (503, "unavailable")
    assert untouched(response)
    assert "canary" not in response.text


class Stubborn(httpx2.AsyncBaseTransport):
    """A connection on which nothing ever comes back."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError


class Broken(httpx2.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("canary: the address of the inner network")


@pytest.mark.parametrize("transport", [Stubborn(), Broken()])
async def test_an_api_tier_that_does_not_answer_is_unavailable(transport: httpx2.AsyncBaseTransport) -> None:
    client = OverHttp("http://api.internal", seconds=0.05, transport=transport)
    with pytest.raises(Unavailable) as caught:
        await client.call("POST", "/auth/refresh", visitor=Visitor("", ""))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    async def flood(_: Request) -> Response:
        return Response(b"x" * (17 * 1024 * 1024), media_type="application/json")

    app = Starlette(routes=[Route("/api/me", flood)])
    client = OverHttp("http://api.internal", transport=httpx2.ASGITransport(app=app))
    with pytest.raises(Unavailable):
        await client.call("GET", "/api/me", visitor=Visitor("", ""))


def test_an_answer_shows_no_token_when_it_is_printed() -> None:
    assert "canary" not in repr(ApiAnswer(200, [(b"x", b"canary")], b"canary"))


async def test_a_forgotten_password_is_reset_and_an_address_confirmed_through_the_web_tier(
    web_house: House, browser: httpx2.AsyncClient
) -> None:
    user = (await register(browser, rememberMe=True)).json()["user"]
    for email in (EMAIL, "nobody@example.org"):
        asked = await browser.post("/auth/password/request", json={"email": email})
        assert (asked.status_code, asked.content, untouched(asked)) == (204, b"", True)
    await web_house.accounts.drain()
    mailed = mailed_token(web_house)
    whose = await browser.post("/auth/password/confirm", json={"token": mailed})
    assert whose.json() == {"success": True, "user": user}
    new = {"new_password": "quite another long password", "new_password_confirmation": "quite another long password"}
    short = await browser.post("/auth/password/reset", json={"token": mailed, **dict.fromkeys(new, "short")})
    assert (short.status_code, code(short)) == (400, "invalid_request")
    done = await browser.post("/auth/password/reset", json={"token": mailed, **new})
    # The session is over, and the next refresh learns that; the call itself has nothing to do with any cookie.
    assert (done.status_code, untouched(done)) == (204, True)
    assert (await browser.post("/auth/refresh")).json()["error"]["reason"] == "password_changed"
    again = await browser.post("/auth/password/reset", json={"token": mailed, **new})
    assert (again.status_code, code(again)) == (400, "invalid_token")

    signed = (await browser.post("/auth/login", json={"email": EMAIL, "password": new["new_password"]})).json()
    await browser.post("/api/token/email_confirm", headers=bearer(signed["auth_token"]))
    assert (await browser.post("/auth/confirm", json={"token": mailed_token(web_house)})).status_code == 204
    me = await browser.get("/api/me", headers=bearer(signed["auth_token"]))
    assert me.json()["user"]["confirmed_at"]


@pytest.mark.parametrize("path", ["/auth/confirm", "/auth/password/request", "/auth/password/reset"])
async def test_what_a_mailed_token_is_good_for_is_posted_and_nothing_else(
    browser: httpx2.AsyncClient, path: str
) -> None:
    assert (await browser.get(path)).status_code == 405
    assert code(await browser.post(f"{path}/x", json={})) == "not_found"
