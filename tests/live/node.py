"""One node for the tests of sockets: the real use cases on a store in memory, and a real server at a free port."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from latchstring.core.auth_token import AuthTokens
from latchstring.core.keys import Key, KeyRing
from latchstring.core.session import Ending, Session
from latchstring.errors import StoreUnavailable
from latchstring.issuing import Issuer, TokenPair, Visitor
from latchstring.live import Admission, Connection, Connections, Limits, LiveGuard, Sweep, Watcher
from latchstring.revocations import DenySet
from latchstring.sessions import Sessions
from latchstring.settings import Settings
from latchstring.testing import MemoryStore, SeededEntropy, SettableClock

Protocol = Literal["wsproto", "websockets-sansio"]
PROTOCOLS: tuple[Protocol, ...] = ("wsproto", "websockets-sansio")

OURS = "http://localhost:8000"
VISITOR = Visitor("192.0.2.1", "Firefox")


class FaultyStore(MemoryStore):
    """A store that can be taken down, and whose bell can be muffled."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.deaf = False
        self.feed_reads = 0
        self.rows_read = 0

    async def session(self, session_id: str) -> Session | None:
        self._answer()
        self.rows_read += 1
        return await super().session(session_id)

    async def feed_after(self, position: int, limit: int = 1000) -> list[Ending]:
        self._answer()
        self.feed_reads += 1
        return await super().feed_after(position, limit)

    async def feed_changed(self) -> None:
        if self.deaf:
            await asyncio.Event().wait()
        await super().feed_changed()

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailable


@dataclass
class Node:
    settings: Settings = field(default_factory=lambda: Settings(feed_poll_seconds=0.05, feed_silence_seconds=30))
    limits: Limits = field(default_factory=Limits)
    store: FaultyStore = field(default_factory=FaultyStore)
    clock: SettableClock = field(default_factory=SettableClock)
    monotonic: SettableClock = field(default_factory=lambda: SettableClock(0))

    def __post_init__(self) -> None:
        entropy = SeededEntropy()
        ring = KeyRing([Key(1, entropy(32))])
        auth_tokens = AuthTokens(ring, self.settings.issuer, "test")
        self.deny_set = DenySet(
            keep_seconds=self.settings.auth_token_seconds,
            silence_seconds=self.settings.feed_silence_seconds,
            monotonic=self.monotonic,
        )
        self.sessions = Sessions(
            self.store,
            issuer=Issuer(key_ring=ring, auth_tokens=auth_tokens, settings=self.settings, entropy=entropy),
            auth_tokens=auth_tokens,
            key_ring=ring,
            deny_set=self.deny_set,
            settings=self.settings,
            clock=self.clock,
            monotonic=self.monotonic,
            entropy=entropy,
        )
        self.connections = Connections()
        self.admission = Admission(
            self.sessions,
            self.connections,
            self.deny_set,
            settings=self.settings,
            clock=self.clock,
            limits=self.limits,
        )
        self.watcher = Watcher(
            self.store, self.deny_set, self.connections, settings=self.settings, monotonic=self.monotonic
        )
        self.sweep = Sweep(self.connections, self.sessions, settings=self.settings, clock=self.clock)

    async def sign_in(self, subject: str = "anna") -> TokenPair:
        return await self.sessions.start(subject, remembered=True, visitor=VISITOR)

    async def refresh(self, pair: TokenPair) -> TokenPair:
        return await self.sessions.refresh(pair.refresh_token, VISITOR)

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.watcher.run())
        await self.watcher.tried()
        yield
        task.cancel()
        await asyncio.wait((task,))

    @contextlib.asynccontextmanager
    async def serving(self, protocol: Protocol, app: ASGIApp | None = None) -> AsyncIterator[int]:
        """The port of a server whose sockets are all guarded, and a watcher beside it."""
        async with self.watching(), served(LiveGuard(app or echo, self.admission), protocol) as port:
            yield port


@contextlib.asynccontextmanager
async def served(app: ASGIApp, protocol: Protocol, **options: Any) -> AsyncIterator[int]:
    config = uvicorn.Config(
        app,
        ws=protocol,
        lifespan="off",
        timeout_graceful_shutdown=1,
        **{"log_config": None, "log_level": "warning", "ws_per_message_deflate": False, **options},
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        # Without serve(), which takes over the signals of the process, and looks for its end every 0.1 s only.
        await server.startup(sockets=[listening])
        try:
            yield listening.getsockname()[1]
        finally:
            await server.shutdown(sockets=[listening])


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers each frame with itself, and says whose socket it is."""
    connection: Connection = scope["latchstring"]
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": f"{connection.session.subject}: {message['text']}"})


def dial(port: int, *, token: str | None = None, path: str = "/", **options: Any) -> connect:
    query = "" if token is None else f"?token={token}"
    return connect(f"ws://127.0.0.1:{port}{path}{query}", **{"compression": None, "proxy": None, **options})


async def until(condition: Callable[[], object]) -> None:
    """Returns when it is so; a test that waits in vain is stopped from outside."""
    while not condition():  # noqa: ASYNC110 - what is waited for is another's state, which rings no bell
        await asyncio.sleep(0.005)


async def closing(client: ClientConnection) -> tuple[int, str]:
    """Reads to the end; the code and the reason that the server closed with."""
    try:
        while True:
            await client.recv()
    except ConnectionClosed:
        return client.close_code or 0, client.close_reason or ""
