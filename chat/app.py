"""Composition root: both tiers of the chat, from the library's front door. Only here is a database opened."""

import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypedDict

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from chat.bus.address import read_address
from chat.channels import conversation, own
from chat.channels.attendance import Attendance
from chat.channels.fan_out import FanOut, InProcess
from chat.channels.general import TOPIC, GeneralTopic
from chat.channels.hub import Hub
from chat.channels.pushes import Pushes
from chat.channels.snapshot import Snapshots
from chat.channels.socket import ChannelSocket
from chat.channels.starting import Starting
from chat.channels.topics import Topics
from chat.channels.wake_ups import WakeUps
from chat.channels.writing import Writing
from chat.conversation_calls import ConversationCalls
from chat.conversations import Conversations
from chat.cursors import Cursors
from chat.draining import before_draining
from chat.editing import Editing
from chat.encryption_keys import EncryptionKeys
from chat.groups import Groups
from chat.history import History
from chat.messages import Messages
from chat.pages.routes import PageSettings, page_errors, page_routes
from chat.part import ChatPart
from chat.people import People
from chat.profile_calls import ProfileCalls
from chat.profiles import Profiles
from chat.rosters import Rosters
from chat.search import Search
from chat.settings import ChatSettings
from chat.valkey_start import check_valkey
from chat.wrong_address import WrongAddress
from latchstring import ConfigurationError, Latchstring, web_tier_over_http
from latchstring.http import ErrorPage, PlainPaths
from latchstring.http import InProcess as ApiInProcess

MIGRATIONS = Path(__file__).parent / "migrations"
FILES = Path("data/chat")
"""With PostgreSQL the key ring and the outbox are where they are with the SQLite database that is the default: who
changes to it names another address, and everybody stays signed in."""
DEFAULT_SECRETS = Path("data/web.secrets")
"""Of a web tier that runs alone: its cookies need a key ring, and no database."""


class Chat:
    """Everything behind both tiers, on one database."""

    def __init__(self, settings: ChatSettings) -> None:
        self.settings = settings
        self.auth = Latchstring(
            settings.database_url,
            settings=settings.library,
            secrets=settings.secrets,
            files=FILES,
            site_names=("latchstring", "chat"),
        )
        self.auth.add_tables("chat", MIGRATIONS)
        engine = self.auth.engine
        self.profiles = Profiles(engine)
        self.people = People(engine, self.auth.accounts.find)
        self.encryption_keys = EncryptionKeys(engine, self.auth.sealer("private-key"))
        self.rosters = Rosters(engine)
        self.conversations = Conversations(engine, self.rosters, self.encryption_keys, os.urandom)
        self.groups = Groups(engine, self.rosters)
        self.messages = Messages(engine, os.urandom)
        self.editing = Editing(engine)
        cursors = Cursors(self.auth.sealer("page-cursor"))
        self.history = History(self.messages, cursors)
        self.search = Search(self.people, cursors)
        self.fan_out = _open_fan_out(settings.redis_url)
        self.hub = Hub(self.fan_out, self.auth.now)
        self.attendance = Attendance(self.profiles, self.hub, self.fan_out)
        self.fan_out.subscribe(WakeUps(self.auth, self.fan_out))
        self.topics = self._topics()
        self.pushes = Pushes()

    def _topics(self) -> Topics:
        hub, clock, conversations, keys = self.hub, self.auth.now, self.conversations, self.encryption_keys
        snapshots = Snapshots(self.rosters, self.history, keys)
        writing = Writing(self.messages, self.editing, hub, clock)
        return Topics(
            exact={TOPIC: GeneralTopic(self.profiles, Starting(conversations, hub, clock), self.attendance, clock)},
            prefixes={
                own.PREFIX: own.OwnTopic(),
                conversation.PREFIX: conversation.ConversationTopic(
                    conversations, self.groups, self.rosters, snapshots, writing, keys, hub, clock
                ),
            },
        )

    def api_tier(self, *, alone: bool = False) -> Starlette:
        socket = WebSocketRoute("/socket/websocket", self.auth.guard(self.channel_socket))
        calls = [
            *ProfileCalls(self.profiles).calls(),
            *ConversationCalls(self.rosters, self.history, self.search).calls(),
        ]
        part = ChatPart(self.profiles, self.rosters)
        return self.auth.api_tier([*calls, socket], app_part=part, lifespan=self.lifespan if alone else None)

    @asynccontextmanager
    async def lifespan(self, app: Any = None) -> AsyncIterator[Mapping[str, Any]]:
        """The fan-out lives longer than the sockets: what they have written is told to the other nodes."""
        await check_valkey(self.settings.redis_url)
        async with self.fan_out.running():
            async with self.auth.lifespan(app) as state:
                try:
                    yield {**state, **before_draining(self.attendance.leave)}
                finally:
                    # For a server that does not say when it begins to drain.
                    self.attendance.leave()
            await self.pushes.done()

    async def channel_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One WebSocket that the guard has let in."""
        await receive()
        await send({"type": "websocket.accept"})
        # Nobody asks for them again, and a socket stays for hours.
        scope["headers"] = []
        await ChannelSocket(scope["latchstring"], send, self.topics, self.hub, self.pushes).serve(receive)


def serve_app(settings: ChatSettings) -> ASGIApp:
    """Both tiers on one port: the web tier at `/`, the API tier at `/backend`."""
    chat = Chat(settings)
    api = chat.api_tier()
    web = chat.auth.web_tier(ApiInProcess(api), **_pages(settings))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with chat.lifespan() as state:
            yield state

    routes = [Mount("/backend", api), Mount("/", web)]
    return _watched(Starlette(routes=routes, middleware=[Middleware(PlainPaths)], lifespan=lifespan), settings)


def api_app(settings: ChatSettings) -> ASGIApp:
    return _watched(Chat(settings).api_tier(alone=True), settings)


def web_app(settings: ChatSettings) -> ASGIApp:
    """The web tier alone. Raises ConfigurationError without the API tier's address."""
    if settings.api_url is None:
        raise ConfigurationError("Say where the API tier is: --api URL, or CHAT_API_URL.")
    secrets = settings.secrets or DEFAULT_SECRETS
    web = web_tier_over_http(settings.api_url, settings=settings.library, secrets=secrets, **_pages(settings))
    return _watched(web, settings)


def _watched(app: ASGIApp, settings: ChatSettings) -> ASGIApp:
    library = settings.library
    return WrongAddress(app, base_url=library.base_url, others=library.allowed_origins, monotonic=time.monotonic)


def _open_fan_out(redis_url: str | None) -> FanOut:
    """Raises ConfigurationError."""
    if redis_url is None:
        return InProcess()
    try:
        # Here, so that a single node need not load it.
        from chat.bus.fan_out import BusFanOut
    except ModuleNotFoundError:
        raise ConfigurationError("CHAT_REDIS_URL needs redis-py: pip install redis.") from None
    return BusFanOut(read_address(redis_url))


class Pages(TypedDict):
    pages: Sequence[BaseRoute]
    page_errors: Mapping[int, ErrorPage]


def _pages(settings: ChatSettings) -> Pages:
    page_settings = PageSettings(
        socket_url=settings.socket_url,
        password_min_length=settings.library.password_min_length,
        secure=settings.library.secure,
        origins=(settings.library.base_url, *settings.library.allowed_origins),
    )
    return {"pages": page_routes(page_settings), "page_errors": page_errors(page_settings)}
