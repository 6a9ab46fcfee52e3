"""The chat's API tier on a real server at a free port, and devices that speak Phoenix Channels to it."""

import asyncio
import contextlib
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection

from chat.app import Chat
from chat.settings import read_settings
from latchstring import Statement, TokenPair, Visitor
from tests.chat.marker import settled
from tests.live.node import dial, served

GENERAL = "system:general"
VISITOR = Visitor("192.0.2.1", "Firefox")

Frame = list[Any]

DEFAULTS = {"CHAT_DATABASE_URL": "sqlite:///:memory:"}
"""Of a house that does not say otherwise."""

_ACCOUNT = """
INSERT INTO latchstring_accounts (id, email, email_key, password_hash, inserted_at)
VALUES (:id, :email, :email_key, 'none', 0)"""


@dataclass
class Person:
    id: str
    pair: TokenPair
    email: str = ""

    @property
    def token(self) -> str:
        return self.pair.auth_token

    @property
    def own(self) -> str:
        return f"user:{self.id}"


@dataclass
class Device:
    """One open socket. `heard` gives what came since one last asked: what is on the bus is waited for, and frames come
    in order, so that a heartbeat's reply is the end of everything that was on its way."""

    line: ClientConnection
    settle: Callable[[], Awaitable[None]] = field(default=lambda: asyncio.sleep(0))
    _refs: "itertools.count[int]" = field(default_factory=lambda: itertools.count(100))
    _kept: list[Frame] = field(default_factory=list)

    async def send(self, *frame: object) -> None:
        await self.line.send(json.dumps(frame))

    async def next(self) -> Frame:
        if self._kept:
            return self._kept.pop(0)
        return await self._receive()

    async def ask(self, topic: str, event: str, payload: object = None, *, join_ref: str | None = "1") -> Any:
        """A push's reply; what comes before it is kept for `heard`."""
        ref = str(next(self._refs))
        await self.send(join_ref, ref, topic, event, {} if payload is None else payload)
        while True:
            frame = await self._receive()
            if frame[3] == "phx_reply" and frame[1] == ref:
                return frame[4]
            self._kept.append(frame)

    async def _receive(self) -> Frame:
        """Fails where it would be waited for in vain."""
        async with asyncio.timeout(20):
            frame: Frame = json.loads(await self.line.recv())
            return frame

    async def join(self, topic: str, payload: object = None, *, join_ref: str = "1") -> Any:
        return await self.ask(topic, "phx_join", payload, join_ref=join_ref)

    async def heard(self) -> list[Frame]:
        await self.settle()
        await self.ask("phoenix", "heartbeat", join_ref=None)
        kept, self._kept = self._kept, []
        return kept

    async def events(self, *wanted: str) -> list[Any]:
        """The payloads of what was heard, of these events alone."""
        return [frame[4] for frame in await self.heard() if frame[3] in wanted]


@dataclass
class House:
    chat: Chat
    api: Starlette
    port: int

    async def person(self, name: str | None = "Anna", email: str | None = None) -> Person:
        """Somebody who is signed in, and has an account without the cost of a password."""
        user_id = str(uuid.uuid4())
        email = email or f"{user_id}@example.org"
        account = Statement(_ACCOUNT, {"id": user_id, "email": email, "email_key": email.casefold()})
        await self.chat.auth.engine.write(account, self.chat.profiles.new_row(user_id, name))
        return Person(user_id, await self.sign_in(user_id), email)

    async def sign_in(self, user_id: str) -> TokenPair:
        return await self.chat.auth.sessions.start(user_id, remembered=True, visitor=VISITOR)

    @contextlib.asynccontextmanager
    async def device(self, person: Person, *topics: str, token: str | None = None) -> AsyncIterator[Device]:
        """Connected, and in these topics; what joining them said has been heard."""
        async with dial(self.port, token=token or person.token, path="/socket/websocket") as line:
            device = Device(line, self.settle)
            for topic in topics:
                assert (await device.join(topic))["status"] == "ok"
            await device.heard()
            yield device

    async def settle(self) -> None:
        await settled(self.chat)

    def client(self, person: Person | None = None) -> httpx2.AsyncClient:
        headers = {} if person is None else {"authorization": f"Bearer {person.token}"}
        transport = httpx2.ASGITransport(app=self.api, client=("192.0.2.1", 40_000))
        return httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000", headers=headers)


@contextlib.asynccontextmanager
async def opened(**environment: str) -> AsyncIterator[House]:
    settings = read_settings({**DEFAULTS, **environment})
    chat = Chat(settings)
    api = chat.api_tier()
    served_app: ASGIApp = api
    async with chat.lifespan(), served(served_app, "wsproto") as port:
        yield House(chat, api, port)
