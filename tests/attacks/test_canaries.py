"""Secrets are planted, everything that can go wrong is made to go wrong, and what was said or written is searched."""

import logging
import re
from typing import Any

import httpx2
import pytest

from tests.http.house import EMAIL, PASSWORD, WEB_TIER_KEY, House, bearer, register
from tests.http.test_api_tier import mailed_token

pytestmark = pytest.mark.anyio

NEW = "canary-of-a-new-password-to-be"


async def test_no_secret_is_in_a_refusal_or_a_log_line(
    web_house: House, browser: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []

    async def call(client: httpx2.AsyncClient, method: str, path: str, **options: Any) -> httpx2.Response:
        response = await client.request(method, path, **options)
        if response.status_code >= 400:
            said.append(response.text + str(response.headers))
        return response

    async with web_house.client(web_house.api) as api:
        first = (await register(api)).json()
        auth, refresh = first["auth_token"], first["refresh_token"]
        await call(api, "POST", "/api/token/email_change", headers=bearer(auth))
        mailed = mailed_token(web_house)
        await browser.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})
        cookie = browser.cookies["__Host-Http-latchstring"]
        secrets = [PASSWORD, NEW, auth, refresh, mailed, cookie, WEB_TIER_KEY, "argon2id"]
        calls: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", "/auth/login", {"json": {"email": EMAIL, "password": PASSWORD, "rememberMe": PASSWORD}}),
            ("POST", "/auth/login", {"json": {"email": PASSWORD, "password": NEW}}),
            ("POST", "/auth/login", {"json": {"email": EMAIL, "password": [PASSWORD]}}),
            ("POST", "/auth/login", {"content": f"{{{PASSWORD}", "headers": {"content-type": "application/json"}}),
            ("POST", "/auth/register", {"json": {"email": EMAIL, "password": PASSWORD}}),
            ("POST", "/auth/refresh", {"json": {"token": refresh[:-1]}}),
            ("POST", "/auth/refresh", {"json": {"token": auth}}),
            ("POST", "/auth/confirm", {"json": {"token": mailed}}),
            ("POST", "/auth/password/reset", {"json": {"token": mailed, "new_password": NEW, PASSWORD: 1}}),
            ("POST", "/api/signout", {"json": {"token": [refresh]}}),
            ("GET", "/api/me", {"headers": bearer(auth + "x")}),
            ("GET", "/api/me", {"headers": bearer(refresh)}),
            ("GET", f"/api/sessions/{refresh}", {"headers": bearer(auth)}),
            ("PATCH", "/api/password", {"json": {"password": NEW, "new_password": NEW}, "headers": bearer(auth)}),
            (
                "PATCH",
                "/api/email",
                {"json": {"token": mailed, "email": "x", "password": NEW}, "headers": bearer(auth)},
            ),
        ]
        for down in (False, True):
            web_house.engine.down = down
            for method, path, options in calls:
                await call(api, method, path, **options)
                await call(browser, method, path, **options)
            for path in ("/auth/refresh", "/auth/silent", "/auth/signout"):
                await call(browser, "POST", path)
    # The test's own browser logs the addresses that it asks for.
    ours = [record for record in caplog.records if record.name not in ("httpx2", "asyncio")]
    written = "".join(record.getMessage() + str(record.__dict__) for record in ours)
    assert ours
    assert len(said) > 30
    for text in ("".join(said), written):
        assert [secret for secret in secrets if secret in text] == []
    assert re.search(r"Traceback|sqlite|SELECT |site-packages|File \"|canary of the database", "".join(said)) is None
