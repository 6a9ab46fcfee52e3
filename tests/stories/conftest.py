"""A running chat for a module of stories, and browsers that visit it."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, BrowserContext, BrowserType, Page, async_playwright, expect

from tests.backing.fixtures import new_database
from tests.conftest import CHROMIUM_ARGS
from tests.stories.people import new_page
from tests.stories.servers import House, open_house

NewPage = Callable[..., Awaitable[Page]]
OpenHouse = Callable[..., Awaitable[House]]

# Servers, browsers and tests share two cores: what is waited for comes, but not always soon.
expect.set_options(timeout=20_000)

# Pictures are made by a word of their own: they are no test of anything.
collect_ignore = [] if os.environ.get("SCREENSHOTS") else ["test_screenshots.py"]


# What a fault or a race can do to what is stored: told on every database.
ON_BOTH = (
    "test_killed_servers",
    "test_lost_answers",
    "test_several_tabs",
    "test_signing_out_races",
    "test_stolen_cookies",
)


@pytest.fixture(scope="package")
async def chromium_type(anyio_backend: str) -> AsyncIterator[BrowserType]:
    async with async_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="package")
async def chromium(chromium_type: BrowserType, shell_path: str) -> AsyncIterator[Browser]:
    """One browser for all stories. Each has devices of its own in it, with jars of their own."""
    browser = await chromium_type.launch(
        executable_path=shell_path, headless=True, chromium_sandbox=False, args=CHROMIUM_ARGS
    )
    yield browser
    await browser.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in ON_BOTH and "builder" in metafunc.fixturenames:
        metafunc.parametrize("builder", ["sqlite", "postgresql"], indirect=True, scope="module")


@dataclass(frozen=True)
class Builder:
    """`database` is None for stories that are not told on both: there, whoever sets the tiers apart has a PostgreSQL,
    and whoever does not has a file. So those that are told in both forms are told on both databases, too."""

    database: str | None
    admin_url: Callable[[], str]

    @asynccontextmanager
    async def house(self, folder: Path, *, split: bool = False, **options: Any) -> AsyncIterator[House]:
        async with AsyncExitStack() as stack:
            url = None
            if self.database == "postgresql" or (self.database is None and split):
                url = await stack.enter_async_context(new_database(self.admin_url()))
            yield await stack.enter_async_context(open_house(folder, database_url=url, split=split, **options))


@pytest.fixture(scope="module")
def builder(request: pytest.FixtureRequest) -> Builder:
    return Builder(getattr(request, "param", None), lambda: str(request.getfixturevalue("postgres_admin_url")))


@pytest.fixture(scope="module")
async def house(anyio_backend: str, builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Both tiers in one process, as `make run` starts them. Stories share it; each has people of its own."""
    async with builder.house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture(scope="module", params=["serve", "split"])
async def any_house(
    request: pytest.FixtureRequest, anyio_backend: str, builder: Builder, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """The same stories in one process, and with the tiers apart."""
    async with builder.house(tmp_path_factory.mktemp("house"), split=request.param == "split") as opened:
        yield opened


@pytest.fixture
async def build_house(anyio_backend: str, builder: Builder, tmp_path: Path) -> AsyncIterator[OpenHouse]:
    """`await build_house(**open_house's options)`: one for this test alone, to be killed or misled."""
    async with AsyncExitStack() as stack:

        async def build(**options: Any) -> House:
            return await stack.enter_async_context(builder.house(tmp_path, **options))

        yield build


@pytest.fixture
async def new_context(chromium: Browser) -> AsyncIterator[Callable[..., Awaitable[BrowserContext]]]:
    """`await new_context(house)`: a device with a jar of its own."""
    async with AsyncExitStack() as stack:

        async def make(house: House, **options: Any) -> BrowserContext:
            context = await chromium.new_context(base_url=house.url, reduced_motion="reduce", **options)
            stack.push_async_callback(context.close)
            context.set_default_timeout(20_000)
            return context

        yield make


@pytest.fixture
async def open_page(new_context: Callable[..., Awaitable[BrowserContext]]) -> NewPage:
    """`await open_page(house)`: a tab on a new device."""

    async def open_one(house: House, **options: Any) -> Page:
        return await new_page(await new_context(house, **options))

    return open_one


@pytest.fixture
async def wire() -> AsyncIterator[httpx2.AsyncClient]:
    """A client that is no browser; addresses are given in full."""
    async with httpx2.AsyncClient(trust_env=False, timeout=20) as client:
        yield client
