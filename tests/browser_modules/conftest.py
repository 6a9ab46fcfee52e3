"""A page of our own in a real Chromium, and the double of the wire that it speaks to."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Error, Page

from tests.browser_modules.wire_double import COOKIE, PATIENCE, WireDouble

OpenTab = Callable[[], Awaitable[Page]]


class QuietServer(uvicorn.Server):
    def capture_signals(self) -> Any:
        """Signals are the test run's own."""
        return nullcontext()


@pytest.fixture(scope="module")
async def server(anyio_backend: str) -> AsyncIterator[WireDouble]:
    """One server for a module of tests; each test begins with nobody signed in."""
    double = WireDouble()
    with listening() as listener:
        config = uvicorn.Config(double.app, ws="wsproto", lifespan="off", log_config=None, timeout_graceful_shutdown=1)
        server = QuietServer(config)
        double.url = f"http://localhost:{listener.getsockname()[1]}"
        serving = asyncio.create_task(server.serve([listener]))
        await double.until(lambda: server.started)
        yield double
        server.should_exit = True
        await serving


@pytest.fixture
def wire(server: WireDouble) -> WireDouble:
    server.begin()
    return server


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener


@pytest.fixture(scope="module")
async def browser_context(chromium: Browser, server: WireDouble) -> AsyncIterator[BrowserContext]:
    context = await chromium.new_context(base_url=server.url)
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    await context.close()


@pytest.fixture
async def context(browser_context: BrowserContext, wire: WireDouble) -> AsyncIterator[BrowserContext]:
    """One browser's cookies and tabs. The next test gets it without cookies, and with its tabs empty."""

    async def close_tabs() -> None:
        for page in browser_context.pages:
            await page.close()

    # A promise in a page that is never settled would keep its test waiting for ever.
    async with asyncio.TaskGroup() as tasks:
        watchdog = tasks.create_task(after(8 * PATIENCE, close_tabs))
        yield browser_context
        watchdog.cancel()
    await browser_context.set_offline(False)
    for page in browser_context.pages:
        await page.goto("about:blank")
    await browser_context.clear_cookies()


async def after(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(seconds)
    await act()


@pytest.fixture
async def open_tab(context: BrowserContext) -> AsyncIterator[OpenTab]:
    troubles: list[str] = []
    # Empty tabs of the test before: to open one costs more than all that a test does in it.
    idle = list(context.pages)
    opened: list[Page] = []

    def note(error: Error) -> None:
        troubles.append(str(error))

    async def open_tab() -> Page:
        page = idle.pop() if idle else await context.new_page()
        opened.append(page)
        page.on("pageerror", note)
        await go(page)
        await page.evaluate("sessionStorage.clear()")
        return page

    yield open_tab
    for page in opened:
        page.remove_listener("pageerror", note)
    assert troubles == [], "an error was caught by nobody"


async def go(page: Page, path: str = "/") -> None:
    await page.goto(path)
    await page.wait_for_function("window.ready")


@pytest.fixture
async def tab(open_tab: OpenTab) -> Page:
    return await open_tab()


async def jar(context: BrowserContext) -> str | None:
    """What the browser's cookie holds."""
    return next((cookie["value"] for cookie in await context.cookies() if cookie["name"] == COOKIE), None)


@pytest.fixture(scope="module")
async def deciding(chromium: Browser, server: WireDouble) -> AsyncIterator[Page]:
    """One page for all cases of a decision: they are pure, so they may share it."""
    page = await chromium.new_page(base_url=server.url)
    await go(page)
    yield page
    await page.close()
