"""Phoenix's own client, unchanged, as a test commands it: in Node, or in a page of a real Chromium."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from playwright.async_api import Page

from tests.stories.waiting import until

Answer = list[Any]
"""`[status, response]` of a push or a join: "ok", "error" or "timeout"."""

GENERAL = "system:general"
OK: Answer = ["ok", {}]
SENT: Answer = ["ok", "message_sent"]
INVALID_TOKEN: Answer = ["error", "invalid_token"]


class Machine(Protocol):
    """Where the client runs."""

    name: str

    async def call(self, command: str, *given: Any) -> Any:
        """A command of driver.mjs. Raises what fails there."""

    async def why_refused(self, client: "Client") -> list[str]:
        """What this machine tells of connects that failed: more than the client itself is told."""


class Node:
    name = "node"

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._ids = count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read())

    async def call(self, command: str, *given: Any) -> Any:
        assert self._process.stdin is not None
        number = next(self._ids)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({"id": number, "command": command, "given": given}).encode() + b"\n")
        async with asyncio.timeout(30):
            return await answer

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            answer = self._waiting.pop(said["id"])
            if answer.done():
                continue
            if "error" in said:
                answer.set_exception(AssertionError(said["error"]))
            else:
                answer.set_result(said["result"])
        for answer in self._waiting.values():
            answer.set_exception(AssertionError("Node has stopped; what it said is above."))

    async def why_refused(self, client: "Client") -> list[str]:
        return list((await client.state())["errors"])

    async def close(self) -> int | None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(10):
            await self._reading
            return await self._process.wait()


class Chromium:
    name = "chromium"

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self._page = page
        self._console: list[str] = []
        page.on("console", lambda message: self._console.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def call(self, command: str, *given: Any) -> Any:
        return await self._page.evaluate("([command, given]) => driver[command](...given)", [command, list(given)])

    async def why_refused(self, client: "Client") -> list[str]:
        return [text for text in self._console if "WebSocket connection" in text]


@dataclass
class Person:
    """Somebody who is signed in, by what signing in answered."""

    signed_in: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.signed_in["user"]["id"])

    @property
    def token(self) -> str:
        return str(self.signed_in["auth_token"])

    @property
    def own(self) -> str:
        return f"user:{self.id}"

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Client:
    """One socket of the stock client."""

    machine: Machine
    name: str

    async def state(self) -> dict[str, Any]:
        state: dict[str, Any] = await self.machine.call("state", self.name)
        return state

    async def is_open(self) -> bool:
        return bool((await self.state())["state"] == "open")

    async def join(self, topic: str, payload: object = None) -> Answer:
        answer: Answer = await self.machine.call("join", self.name, topic, payload or {})
        return answer

    async def join_as_documented(self, topic: str, payload: object = None) -> None:
        await self.machine.call("joinAsDocumented", self.name, topic, payload or {})

    async def push(self, topic: str, event: str, payload: object = None) -> Answer:
        answer: Answer = await self.machine.call("push", self.name, topic, event, payload or {})
        return answer

    async def push_as_documented(self, topic: str, event: str, payload: object = None) -> Answer:
        answer: Answer = await self.machine.call("pushAsDocumented", self.name, topic, event, payload or {})
        return answer

    async def leave(self, topic: str) -> Answer:
        answer: Answer = await self.machine.call("leave", self.name, topic)
        return answer

    async def topic(self, topic: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.machine.call("topic", self.name, topic)
        return found

    async def heard(self, topic: str, event: str) -> list[Any]:
        """The payloads, oldest first."""
        return [payload for said, payload in (await self.topic(topic))["heard"] if said == event]

    async def hears(self, topic: str, event: str, times: int = 1) -> list[Any]:
        """Waits until it has heard so many; all of them."""

        async def enough() -> bool:
            return len(await self.heard(topic, event)) >= times

        await until(enough)
        return await self.heard(topic, event)

    async def presence(self) -> dict[str, Any]:
        seen: dict[str, Any] = await self.machine.call("presence", self.name)
        return seen

    async def sees(self, so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Waits until what `presence` tells is so."""

        async def seen() -> bool:
            return so(await self.presence())

        await until(seen)
        return await self.presence()

    async def ping(self) -> float:
        """Returns when all that was on its way has come."""
        return float(await self.machine.call("ping", self.name))

    async def close(self) -> None:
        await self.machine.call("close", self.name)
