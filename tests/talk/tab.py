"""People, and the tabs in which they talk."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
from playwright.async_api import BrowserContext, Page

from tests.talk.line import Line

PATIENCE = 60
"""Seconds until a test that waits for what never comes fails."""

PASSWORD = "a door with a string"


@dataclass
class Site:
    line: Line
    url: str

    async def person(self, name: str) -> "Person":
        email = f"{uuid.uuid4()}@example.org"
        body = {"email": email, "password": PASSWORD, "display_name": name}
        async with httpx2.AsyncClient(trust_env=False, timeout=20) as client:
            answer = await client.post(f"{self.url}/backend/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        return Person(answer.json()["user"]["id"], email, name)


@dataclass(frozen=True)
class Person:
    id: str
    email: str
    name: str


class Tab:
    """One page of somebody who is signed in. `room` in it is the conversation it is in."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def js(self, code: str, argument: Any = None) -> Any:
        return await self.page.evaluate(code, argument)

    async def until(self, condition: str, argument: Any = None) -> None:
        """Polled from out here: the page's policy lets nobody evaluate a text inside."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not await self.page.evaluate(condition, argument):  # noqa: ASYNC110 - see above
                    await asyncio.sleep(0.02)
        except TimeoutError:
            seen = await self.js("window.room ? JSON.stringify([room.status, shown()]) : null")
            raise AssertionError(f"{condition} never came: {seen}") from None

    async def enter(self, conversation_id: str) -> None:
        await self.js("id => enter(id)", conversation_id)
        await self.until("room.status !== 'joining'")

    async def send(self, text: str) -> None:
        await self.js("text => void room.send(text)", text)

    async def shows(self, *texts: str) -> None:
        await self.until("wanted => JSON.stringify(texts()) === JSON.stringify(wanted)", list(texts))

    async def shown(self) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = await self.js("shown()")
        return shown

    async def reload(self) -> None:
        await self.page.reload()
        await self.until("window.ready")


OpenTab = Callable[..., Awaitable[Tab]]
NewContext = Callable[[], Awaitable[BrowserContext]]
