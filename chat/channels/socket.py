"""One open socket: reads frames, has each judged by its token, hands it to its topic, and writes what comes back."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Receive, Send

from chat.channels.hub import Hub
from chat.channels.protocol import (
    INVALID_REQUEST,
    INVALID_TOKEN,
    UNAVAILABLE,
    UNKNOWN_EVENT,
    UNMATCHED_TOPIC,
    BadFrame,
    Frame,
    PushRefused,
    Reply,
    decode,
    encode_close,
    encode_event,
    encode_reply,
)
from chat.channels.topic import Topic
from latchstring import InvalidAuthToken, Unavailable
from latchstring.live import NO_MESSAGE, NOT_READING, NOT_TEXT, Connection

log = logging.getLogger("chat.channels")

OUTBOX_BYTES = 1024 * 1024
"""A client that leaves this much unread is closed with 1013: its memory is not ours to give."""


@dataclass(frozen=True, slots=True)
class Joined:
    topic: Topic
    join_ref: str | None


class Topics:
    """Which topic a name belongs to: exactly, or by its prefix up to the first colon."""

    def __init__(self, exact: Mapping[str, Topic], prefixes: Mapping[str, Topic]) -> None:
        self._exact = exact
        self._prefixes = prefixes

    def find(self, name: str) -> Topic | None:
        return self._exact.get(name) or self._prefixes.get(name.partition(":")[0] + ":")


class ChannelSocket:
    __slots__ = (
        "_connection",
        "_drained",
        "_flushing",
        "_hub",
        "_joined",
        "_outbox",
        "_send",
        "_size",
        "_topics",
        "id",
    )

    def __init__(self, connection: Connection, send: Send, topics: Topics, hub: Hub) -> None:
        self.id = secrets.token_urlsafe(9)
        self._connection = connection
        self._send = send
        self._topics = topics
        self._hub = hub
        self._joined: dict[str, Joined] = {}
        self._outbox: deque[str] = deque()
        self._size = 0
        self._flushing: asyncio.Task[None] | None = None
        self._drained = asyncio.Event()

    @property
    def user_id(self) -> str:
        return self._connection.session.subject

    async def serve(self, receive: Receive) -> None:
        """From the accepted handshake to the disconnect."""
        try:
            while (message := await receive())["type"] == "websocket.receive":
                await self._receive(message.get("text"))
        finally:
            for name in tuple(self._joined):
                await self._drop(name)
            if self._flushing is not None:
                self._flushing.cancel()

    async def _receive(self, text: str | None) -> None:
        if text is None:
            self._connection.close(NOT_TEXT, "text frames only")
            return
        try:
            frame = decode(text)
        except BadFrame:
            self._connection.close(NO_MESSAGE, "not a frame of Phoenix Channels 2.0.0")
            return
        await self._handle(frame)
        while self._size > OUTBOX_BYTES // 2:
            # Whoever does not read what was answered gets no further answers made.
            self._drained.clear()
            await self._drained.wait()

    async def _handle(self, frame: Frame) -> None:
        try:
            reply = await self._answer(frame)
        except PushRefused as refused:
            self.deliver(encode_reply(frame, "error", refused.response))
        except Unavailable:
            self.deliver(encode_reply(frame, "error", UNAVAILABLE))
        except Exception:
            log.exception("topic of event %s failed", frame.event[:40])
            await self._fail(frame)
        else:
            self.deliver(encode_reply(frame, "ok", reply.response))
            await self._follow(frame, reply)

    async def _answer(self, frame: Frame) -> Reply:
        if frame.topic == "phoenix":
            if frame.event != "heartbeat":
                raise PushRefused(UNMATCHED_TOPIC)
            return Reply({})
        if frame.event == "phx_join":
            return await self._join(frame)
        if frame.event == "phx_leave":
            return Reply({})
        return await self._push(frame)

    async def _follow(self, frame: Frame, reply: Reply) -> None:
        if frame.event == "phx_leave" and frame.topic != "phoenix":
            joined = await self._drop(frame.topic)
            self.deliver(encode_close(frame.topic, joined.join_ref if joined else frame.join_ref))
        for event, payload in reply.after:
            joined = self._joined.get(frame.topic)
            self.deliver(encode_event(frame.topic, event, payload, joined.join_ref if joined else frame.join_ref))
        if reply.then is not None:
            await reply.then()

    async def _join(self, frame: Frame) -> Reply:
        topic = self._topics.find(frame.topic)
        if topic is None:
            raise PushRefused(UNMATCHED_TOPIC)
        topic.admit(self, frame.topic)
        topic.check("phx_join", frame.payload)
        await self._authorise(frame)
        replaced = await self._drop(frame.topic)
        if replaced is not None:
            self.deliver(encode_close(frame.topic, replaced.join_ref))
        self._joined[frame.topic] = Joined(topic, frame.join_ref)
        self._hub.subscribe(frame.topic, self)
        try:
            return await topic.join(self, frame.topic, frame.payload)
        except BaseException:
            await self._drop(frame.topic)
            raise

    async def _push(self, frame: Frame) -> Reply:
        joined = self._joined.get(frame.topic)
        if joined is None:
            raise PushRefused(UNMATCHED_TOPIC)
        if not joined.topic.knows(frame.event):
            raise PushRefused(UNKNOWN_EVENT)
        payload = joined.topic.check(frame.event, frame.payload)
        await self._authorise(frame)
        return await joined.topic.push(self, frame.topic, frame.event, payload)

    async def _authorise(self, frame: Frame) -> None:
        """By the push's own token, or the newest that this socket has shown. Comes last: a client answers
        `invalid_token` with a renewal and a repeat, which nothing else would be mended by."""
        token = frame.payload.get("token")
        if token is not None and not isinstance(token, str):
            raise PushRefused(INVALID_REQUEST)
        try:
            await self._connection.authorise(token)
        except InvalidAuthToken:
            raise PushRefused(INVALID_TOKEN) from None

    async def renew(self, token: str) -> None:
        try:
            await self._connection.renew(token)
        except InvalidAuthToken:
            raise PushRefused(INVALID_TOKEN) from None

    async def _drop(self, name: str) -> Joined | None:
        joined = self._joined.pop(name, None)
        if joined is not None:
            self._hub.unsubscribe(name, self)
            await joined.topic.leave(self, name)
        return joined

    async def _fail(self, frame: Frame) -> None:
        """As a crashed channel does: the client joins again."""
        joined = await self._drop(frame.topic)
        join_ref = joined.join_ref if joined else frame.join_ref
        self.deliver(encode_event(frame.topic, "phx_error", {}, join_ref))

    def deliver(self, text: str) -> None:
        self._size += len(text)
        self._outbox.append(text)
        if self._size > OUTBOX_BYTES:
            self._connection.close(NOT_READING, "what was sent is not being read")
        elif self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while self._outbox:
                text = self._outbox.popleft()
                await self._send({"type": "websocket.send", "text": text})
                self._size -= len(text)
                self._drained.set()
        finally:
            self._flushing = None
