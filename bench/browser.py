"""A real Chromium for what is measured in pages, and signing in there."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, BrowserContext, async_playwright

from bench.people import PASSWORD, Person

PATIENCE = 60_000
"""Milliseconds."""


def chromium() -> str | None:
    return shutil.which(os.environ.get("CHROMIUM", "chromium"))


def found_chromium() -> str:
    """Raises RuntimeError where there is none: `make bench` installs it."""
    path = chromium()
    if path is None:
        raise RuntimeError("There is no Chromium here; setup/chromium.sh installs one.")
    return path


@asynccontextmanager
async def launched(path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # Without Chromium's own sandbox: it does not start as root, and opens our pages only.
        browser = await playwright.chromium.launch(executable_path=path, chromium_sandbox=False, args=["--disable-gpu"])
        yield browser
        await browser.close()


async def sign_in(context: BrowserContext, port: int, person: Person) -> None:
    login = {"email": person.email, "password": PASSWORD, "rememberMe": True}
    answer = await context.request.post("/auth/login", data=login, headers={"origin": f"http://localhost:{port}"})
    if answer.status != 200:
        raise RuntimeError(f"signing in was answered with {answer.status}: {await answer.text()}")
