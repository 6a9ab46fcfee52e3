"""The chat page in a real Chromium. What it says comes from doubles of `talk/` that a test fills as it likes."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from chat.pages.bundle import bundle, read_modules
from chat.pages.files import module_texts
from tests.pages.fake import Fake
from tests.talk_pages.worlds import PASSWORD

DOUBLES = Path(__file__).parent / "double"

OpenChat = Callable[..., Awaitable[Page]]


@dataclass
class Site:
    fake: Fake
    url: str


class QuietServer(uvicorn.Server):
    def capture_signals(self) -> Any:
        """Signals are the test run's own."""
        return nullcontext()


@pytest.fixture(scope="module")
async def site(anyio_backend: str) -> AsyncIterator[Site]:
    fake = Fake()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(fake.app, log_level="critical", ws="wsproto", lifespan="off", timeout_graceful_shutdown=1)
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield Site(fake, f"http://localhost:{listener.getsockname()[1]}")
    server.should_exit = True
    await serving


@pytest.fixture
async def open_chat(chromium: Browser, site: Site) -> AsyncIterator[OpenChat]:
    """`await open_chat(world, path)`: a signed-in person's chat page. Fails the test when a page throws, or breaks its
    own policy."""
    contexts: list[BrowserContext] = []
    broken: list[str] = []

    async def open_chat(
        world: dict[str, Any],
        path: str = "/chat",
        profile: dict[str, Any] | None = None,
        before: str = "",
        **options: Any,
    ) -> Page:
        context = await chromium.new_context(base_url=site.url, **{"reduced_motion": "reduce", **options})
        context.set_default_timeout(30_000)
        contexts.append(context)
        email = f"me{len(site.fake.people)}@example.org"
        me = site.fake.sign_in(site.fake.add_person(email, PASSWORD, "Me Myself", **(profile or {})), "Chromium")
        await context.add_cookies([{"name": "fake", "value": me.id, "url": site.url}])
        await context.add_init_script(f"globalThis.world = {json.dumps(world)};\n{before}")
        await context.route("**/static/@*/modules.js", with_doubles)
        page = await context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda line: broken.append(line.text) if "Policy" in line.text else None)
        await page.goto(path)
        await expect(page.locator("connection-mark")).to_have_text("Live")
        return page

    yield open_chat
    for context in contexts:
        await context.close()
    assert broken == []


async def with_doubles(route: Route) -> None:
    await route.fulfill(body=_with_doubles(), content_type="text/javascript")


@cache
def _with_doubles() -> str:
    doubles = {f"/static/talk/{double.name}": double.read_text() for double in DOUBLES.iterdir()}
    return bundle(read_modules({**module_texts(), **doubles}))


async def until(page: Page, condition: str) -> None:
    """Waits until an expression holds. (The page's policy forbids the `eval` of Playwright's own way.)"""
    async with asyncio.timeout(10):
        while not await page.evaluate(condition):  # noqa: ASYNC110 (the page is asked, it does not call)
            await asyncio.sleep(0.03)
