"""The tutorial, followed to its end: the app, its page in a real Chromium, and its own test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.conftest import LaunchChromium
from tests.docs.pages import blocks, run_page
from tests.docs.serving import OURS, PASSWORD, Served, bearer, closing, served

pytestmark = pytest.mark.anyio

TUTORIAL = "docs/tutorial.md"


@pytest.fixture
async def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.chdir(tmp_path)
    app = run_page(TUTORIAL)["app"]
    [page] = blocks(TUTORIAL, "html")
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.html").write_text(page)
    async with served(app) as node:
        yield node


async def test_the_app_of_the_tutorial_closes_the_socket_of_the_session_that_ended(node: Served) -> None:
    signed_in = await node.register()
    subject = signed_in["user"]["id"]
    assert (await node.client.get("/me/subject")).status_code == 401
    assert (await node.client.get("/me/subject", headers=bearer(signed_in))).json() == {"subject": subject}
    async with node.dial("/live", signed_in["auth_token"]) as socket:
        await socket.send("hello")
        assert await socket.recv() == f"{subject}: hello"
        account = {"email": "ada@example.org", "password": PASSWORD}
        phone = (await node.client.post("/backend/auth/login", json=account)).json()
        assert (await node.client.post("/lost-my-phone", headers=bearer(phone))).json() == {"ended": 1}
        assert await closing(socket) == (4401, "signed_out_elsewhere")


async def test_the_page_of_the_tutorial_signs_in_comes_back_and_hears_of_a_sign_out_from_afar(
    node: Served, launch_chromium: LaunchChromium, tmp_path: Path
) -> None:
    # The page believes that it lives at the address which the tutorial names.
    here = f"--host-resolver-rules=MAP localhost:8000 127.0.0.1:{node.port}"
    first = await launch_chromium(tmp_path / "profile", args=(here,))
    page = await _opened(first)
    await expect(page.locator("pre")).to_contain_text("signed_out")
    await page.fill("[name=email]", "ada@example.org")
    await page.fill("[name=password]", PASSWORD)
    await page.check("[name=remember]")
    await page.click("button[value=register]")
    await expect(page.locator("pre")).to_contain_text(": hello")
    await first.close()

    page = await _opened(await launch_chromium(tmp_path / "profile", args=(here,)))
    await expect(page.locator("pre")).to_contain_text("signed in as ada@example.org")
    await expect(page.locator("pre")).to_contain_text(": hello")
    account = {"email": "ada@example.org", "password": PASSWORD}
    phone = (await node.client.post("/backend/auth/login", json=account)).json()
    await node.client.post("/backend/api/signout_all", headers=bearer(phone))
    await expect(page.locator("pre")).to_contain_text("signed out: signed_out_elsewhere")


async def test_the_page_of_the_tutorial_says_it_where_its_socket_is_refused_for_its_address(
    node: Served, launch_chromium: LaunchChromium, tmp_path: Path
) -> None:
    page = await (await launch_chromium(tmp_path / "profile")).new_page()
    await page.goto(f"http://127.0.0.1:{node.port}")
    await page.fill("[name=email]", "ada@example.org")
    await page.fill("[name=password]", PASSWORD)
    await page.click("button[value=register]")
    await expect(page.locator("pre")).to_contain_text(f"no socket: is http://127.0.0.1:{node.port} the app's base_url?")


async def _opened(browser: BrowserContext) -> Page:
    page = await browser.new_page()
    await page.goto(OURS)
    return page


def test_the_test_in_the_tutorial_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(TUTORIAL)["test_a_newcomer_is_signed_in"](tmp_path)
