"""The pages on a server of their own, with a fake of the wire behind them, and a browser that visits."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.pages.fake import Fake
from tests.pages.site import Site

# Servers, browsers and tests share two cores: what is waited for comes, but not always soon.
expect.set_options(timeout=20_000)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    fake = Fake()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(fake.app, log_level="critical", ws="wsproto", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield Site(fake, f"http://localhost:{listener.getsockname()[1]}")
    server.should_exit = True
    await serving


@pytest.fixture
async def context(chromium: Browser, site: Site) -> AsyncIterator[BrowserContext]:
    context = await chromium.new_context(base_url=site.url, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield context
    await context.close()


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """Fails the test when the page breaks its own policy, or throws."""
    page = await context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda line: broken.append(line.text) if "Policy" in line.text else None)
    yield page
    assert broken == []
