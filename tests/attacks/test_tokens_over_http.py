"""A token of one kind used as another, and tokens in places where none belong."""

import re
from pathlib import Path

import httpx2
import pytest

from tests.http.house import EMAIL, OURS, PASSWORD, House, bearer, code, housed, register
from tests.http.test_api_tier import mailed_token

pytestmark = pytest.mark.anyio


async def test_no_token_passes_as_one_of_another_kind(house: House, api: httpx2.AsyncClient) -> None:
    first = (await register(api)).json()
    await api.post("/api/token/email_change", headers=bearer(first["auth_token"]))
    change = mailed_token(house)
    await api.post("/api/token/email_confirm", headers=bearer(first["auth_token"]))
    confirm = mailed_token(house)
    auth, refresh = first["auth_token"], first["refresh_token"]
    for token in (refresh, change, confirm):
        assert code(await api.get("/api/me", headers=bearer(token))) == "invalid_token"
    for token in (auth, change, confirm):
        assert code(await api.post("/auth/refresh", json={"token": token})) == "session_ended"
    for token in (auth, refresh, change):
        assert code(await api.post("/auth/confirm", json={"token": token})) == "invalid_token"
    new = "quite another long password"
    for token in (auth, refresh, change, confirm):
        body = {"token": token, "new_password": new, "new_password_confirmation": new}
        assert code(await api.post("/auth/password/reset", json=body)) == "invalid_token"
        assert code(await api.post("/auth/password/confirm", json={"token": token})) == "invalid_token"
    for token in (auth, refresh, confirm):
        body = {"token": token, "email": "new@example.org", "password": PASSWORD}
        response = await api.patch("/api/email", json=body, headers=bearer(auth))
        assert (response.status_code, code(response)) == (400, "invalid_token")
    for token in (auth, change, confirm):
        assert (await api.post("/api/signout", json={"token": token})).status_code == 204
    assert (await api.get("/api/me", headers=bearer(auth))).status_code == 200


async def test_a_token_of_another_house_is_none_here(house: House, api: httpx2.AsyncClient, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "other").mkdir()
    async with housed(tmp_path / "other", settings={"issuer": "another"}) as other, other.client(other.api) as there:
        foreign = (await register(there)).json()
        await register(api)
        assert code(await api.get("/api/me", headers=bearer(foreign["auth_token"]))) == "invalid_token"


async def test_a_refresh_token_replaces_only_by_its_holder_and_garbage_replaces_nothing(
    house: House, api: httpx2.AsyncClient
) -> None:
    first = (await register(api)).json()
    for replaces in ("garbage", "", first["auth_token"]):
        response = await api.post("/auth/login", json={"email": EMAIL, "password": PASSWORD, "replaces": replaces})
        assert response.status_code == 200
    assert len(await house.sessions.list(first["user"]["id"])) == 4


@pytest.mark.parametrize("place", ["query", "form", "cookie", "other header"])
async def test_a_bearer_counts_in_its_header_alone(api: httpx2.AsyncClient, place: str) -> None:
    token = (await register(api)).json()["auth_token"]
    sent = {
        "query": {"params": {"access_token": token, "token": token}},
        "form": {"headers": {"content-type": "application/x-www-form-urlencoded"}},
        "cookie": {"headers": {"cookie": f"authorization=Bearer {token}; access_token={token}"}},
        "other header": {"headers": {"x-authorization": f"Bearer {token}", "proxy-authorization": f"Bearer {token}"}},
    }[place]
    assert code(await api.get("/api/me", **sent)) == "invalid_token"  # type: ignore[arg-type]


CLIMBING = [
    "/api/../auth/login",
    "/api/..%2fauth/login",
    "/api/%2e%2e/auth/login",
    "/api/%2e%2e%2fauth%2flogin",
    "/api/x/../../auth/login",
    "/api/..\\auth\\login",
    "/api/./../auth/login",
    "/api//../auth/login",
]


@pytest.mark.parametrize("path", CLIMBING)
async def test_nobody_climbs_out_of_api_to_a_call_that_answers_refresh_tokens(web_house: House, path: str) -> None:
    """A client library would tidy the path: this one is written by hand into the ASGI scope, as a raw socket would."""
    from urllib.parse import unquote

    async with web_house.browser() as browser:
        await register(browser)
    body = b'{"email": "anna@example.org", "password": "%s"}' % PASSWORD.encode()
    parts: list[bytes] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message) -> None:  # type: ignore[no-untyped-def]
        parts.append(message.get("body", b"") + str(message.get("status", "")).encode())

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "client": ("203.0.113.7", 1),
        "server": ("chat.example.org", 443),
        "headers": [(b"sec-fetch-site", b"same-origin"), (b"content-type", b"application/json")],
    }
    await web_house.web(scope, receive, send)
    said = b"".join(parts)
    assert said.startswith(b"404")
    assert b"refresh_token" not in said


async def test_the_web_tiers_word_is_not_for_its_visitors_to_give(web_house: House) -> None:
    """Headers that name an address reach the API tier from nobody but us."""
    told = {
        "latchstring-visitor-address": "6.6.6.6",
        "latchstring-visitor-agent": "liar",
        "latchstring-web-tier-key": "guess",
        "x-forwarded-for": "6.6.6.6",
        "forwarded": "for=6.6.6.6",
        "x-real-ip": "6.6.6.6",
    }
    async with web_house.browser() as browser:
        response = await register(browser)
        subject = response.json()["user"]["id"]
        await browser.post("/auth/refresh", headers=told)
        await browser.post("/auth/login", json={"email": EMAIL, "password": PASSWORD}, headers=told)
    assert {session.address for session in await web_house.sessions.list(subject)} == {"203.0.113.7"}


@pytest.mark.parametrize("lie", [{"host": "evil.example"}, {"x-forwarded-host": "evil.example"}])
async def test_the_link_in_a_mail_leads_to_the_address_that_was_set_whatever_a_request_calls_us(
    tmp_path: Path, lie: dict[str, str]
) -> None:
    pages = {"reset_page": "/reset", "confirm_page": "/confirm"}
    async with housed(tmp_path, settings=pages) as house, house.client(house.api) as api:
        token = (await register(api)).json()["auth_token"]
        await api.post("/auth/password/request", json={"email": EMAIL}, headers=lie)
        await house.accounts.drain()
        await api.post("/api/token/email_confirm", headers={**lie, **bearer(token)})
    for (_, _, text), page in zip(house.mail.letters, ("/reset", "/confirm"), strict=True):
        [link] = re.findall(r"^https?://\S+#\S+$", text, re.MULTILINE)
        assert link.startswith(f"{OURS}{page}#token=")
        assert "evil" not in text
