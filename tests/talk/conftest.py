"""The chat's modules in real browsers, against the real chat, with somebody on the line between them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext

from chat.app import serve_app
from chat.settings import read_settings
from tests.talk.conversation import Meeting, meeting
from tests.talk.line import Line
from tests.talk.tab import PASSWORD, OpenTab, Person, Site, Tab


class QuietServer(uvicorn.Server):
    def capture_signals(self) -> Any:
        """Signals are the test run's own."""
        return nullcontext()


@pytest.fixture(scope="module")
async def whole_site(anyio_backend: str) -> AsyncIterator[Site]:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://localhost:{listener.getsockname()[1]}"
    settings = {"CHAT_DATABASE_URL": "sqlite:///:memory:", "CHAT_BASE_URL": url, "CHAT_THROTTLE": "off"}
    line = Line(serve_app(read_settings(settings)))
    config = uvicorn.Config(line, ws="wsproto", lifespan="on", log_config=None, timeout_graceful_shutdown=1)
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn rings no bell
        await asyncio.sleep(0.01)
    yield Site(line, url)
    server.should_exit = True
    await serving


@pytest.fixture
def site(whole_site: Site) -> Site:
    whole_site.line.begin()
    return whole_site


@pytest.fixture
async def new_context(chromium: Browser, site: Site) -> AsyncIterator[Callable[[], Awaitable[BrowserContext]]]:
    made: list[BrowserContext] = []

    async def make() -> BrowserContext:
        context = await chromium.new_context(base_url=site.url)
        context.set_default_timeout(20_000)
        made.append(context)
        return context

    yield make
    for context in made:
        await context.close()


@pytest.fixture
async def open_tab(new_context: Callable[[], Awaitable[BrowserContext]]) -> AsyncIterator[OpenTab]:
    """`await open_tab(person)`: on a device of its own; with `beside=tab`, another tab of the same browser. Fails the
    test when a page breaks the chat's policy, or an error is caught by nobody."""
    broken: list[str] = []

    async def open_tab(person: Person, *, beside: Tab | None = None) -> Tab:
        context = beside.page.context if beside else await new_context()
        page = await context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda line: broken.append(line.text) if "Policy" in line.text else None)
        await page.goto("/talk-harness")
        tab = Tab(page)
        await tab.until("window.ready")
        if not beside:
            who = {"email": person.email, "password": PASSWORD, "rememberMe": True}
            await page.evaluate("who => session.signIn(who).then(() => null)", who)
        await tab.until("conversations.ready && conversations.own.state === 'joined'")
        return tab

    yield open_tab
    assert broken == []


@pytest.fixture
async def met(site: Site, open_tab: OpenTab) -> Meeting:
    return await meeting(site, open_tab)
