"""What every ring's tests share: asyncio as the one backend, and a real Chromium."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, BrowserType, async_playwright

pytest_plugins = ("tests.backing.fixtures",)

LaunchChromium = Callable[..., Awaitable[BrowserContext]]

# Nothing here reaches for the network on its own: on a closed one, each such try is refused and logged.
CHROMIUM_ARGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


SLOW = ("faults", "stories", "nodes", "deploy", "talk", "talk_pages", "stores", "chat")
"""Folders whose files take longest, and have to begin first: else all workers but one have nothing left to do."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {folder: place for place, folder in enumerate(SLOW)}
    items.sort(key=lambda item: places.get(Path(item.path).relative_to(Path(__file__).parent).parts[0], len(SLOW)))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The whole browser, for what needs a profile on disk; `make test` sees to it that it is there."""
    return _found(os.environ.get("CHROMIUM", "chromium"))


@pytest.fixture(scope="session")
def shell_path() -> str:
    """The same Chromium without its windows, tabs and menus, which are never seen here and cost most of the time."""
    return _found(os.environ.get("CHROMIUM", "chromium-headless-shell"))


def _found(name: str) -> str:
    """In CI a missing browser fails."""
    path = shutil.which(name)
    if path is None:
        message = f"There is no {name} here; `make test` installs it."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="module")
async def chromium_type(anyio_backend: str) -> AsyncIterator[BrowserType]:
    async with async_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
async def chromium(chromium_type: BrowserType, shell_path: str) -> AsyncIterator[Browser]:
    """One browser for a module of tests; each test makes contexts (`new_context`) of its own."""
    browser = await chromium_type.launch(**_launch_options(shell_path))
    yield browser
    await browser.close()


@pytest.fixture
async def launch_chromium(chromium_type: BrowserType, chromium_path: str) -> AsyncIterator[LaunchChromium]:
    """`await launch_chromium(profile, **context_options)`: a browser with a profile on disk.

    It survives `await context.close()`, as a person's survives closing the browser: launch it again on the same folder.
    """
    opened: list[BrowserContext] = []

    async def launch(profile: Path, *, args: tuple[str, ...] = (), **options: Any) -> BrowserContext:
        context = await chromium_type.launch_persistent_context(
            profile, **_launch_options(chromium_path, *args), **options
        )
        opened.append(context)
        return context

    yield launch
    for context in opened:
        await context.close()


def _launch_options(path: str, *args: str) -> dict[str, Any]:
    # Without Chromium's own sandbox: it does not start as root, nor in most containers, and opens our pages only.
    return {"executable_path": path, "headless": True, "chromium_sandbox": False, "args": [*CHROMIUM_ARGS, *args]}
