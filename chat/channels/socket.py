"""One open socket: reads frames, has each judged by its token, hands it to its topic, and writes what comes back."""

import logging
import secrets
import traceback
from dataclasses import dataclass

from starlette.types import Receive, Send

from chat.channels.hub import Hub
from chat.channels.outbox import Outbox
from chat.channels.protocol import (
    INVALID_REQUEST,
    INVALID_TOKEN,
    JOIN_CRASHED,
    UNAVAILABLE,
    UNKNOWN_EVENT,
    UNMATCHED_TOPIC,
    BadFrame,
    Frame,
    Payload,
    PushRefused,
    Ref,
    Reply,
    decode,
    encode_end,
    encode_event,
    encode_reply,
)
from chat.channels.topic import Topic
from chat.channels.topics import Topics
from latchstring import InvalidAuthToken, Refused, Unavailable
from latchstring.live import NO_MESSAGE, NOT_READING, NOT_TEXT, Connection

log = logging.getLogger("chat.channels")


@dataclass(frozen=True, slots=True)
class Joined:
    topic: Topic
    join_ref: Ref


class ChannelSocket:
    __slots__ = ("_connection", "_hub", "_joined", "_outbox", "_topics", "id")

    def __init__(self, connection: Connection, send: Send, topics: Topics, hub: Hub) -> None:
        self.id = secrets.token_urlsafe(9)
        self._connection = connection
        self._topics = topics
        self._hub = hub
        self._joined: dict[str, Joined] = {}
        self._outbox = Outbox(send, lambda: connection.close(NOT_READING, "what was sent is not being read"))

    @property
    def user_id(self) -> str:
        return self._connection.session.subject

    def deliver(self, text: str) -> None:
        self._outbox.put(text)

    async def serve(self, receive: Receive) -> None:
        """From the accepted handshake to the disconnect."""
        try:
            while (message := await receive())["type"] == "websocket.receive":
                await self._receive(message.get("text"))
                # Whoever does not read what was answered gets no further answers made.
                await self._outbox.wait_for_room()
        finally:
            self._outbox.close()
            await self._leave_all()

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

    async def _handle(self, frame: Frame) -> None:
        try:
            reply = await self._answer(frame)
        except PushRefused as refused:
            self.deliver(encode_reply(frame, "error", refused.response))
        except InvalidAuthToken:
            # Every way in which a token can be bad is one bare text, that of a superseded one too.
            self.deliver(encode_reply(frame, "error", INVALID_TOKEN))
        except Refused as refused:
            self.deliver(encode_reply(frame, "error", refused.code))
        except Unavailable:
            self.deliver(encode_reply(frame, "error", UNAVAILABLE))
        except Exception as error:  # noqa: BLE001 - a topic that fails fails alone
            _note(error, frame.topic)
            await self._crash(frame, is_answered=False)
        else:
            self.deliver(encode_reply(frame, "ok", reply.response))
            await self._follow(frame, reply)

    async def _answer(self, frame: Frame) -> Reply:
        if frame.is_heartbeat:
            return Reply({})
        if frame.topic == "phoenix":
            raise PushRefused(UNMATCHED_TOPIC)
        if frame.event == "phx_join":
            return await self._join(frame)
        if frame.event == "phx_leave":
            return Reply({})
        return await self._push(frame)

    async def _join(self, frame: Frame) -> Reply:
        topic = self._topics.find(frame.topic)
        if topic is None:
            raise PushRefused(UNMATCHED_TOPIC)
        payload = frame.members()
        topic.admit(self, frame.topic)
        topic.check(frame.event, payload)
        await self._authorise(payload)
        replaced = await self._drop(frame.topic)
        if replaced is not None:
            self.deliver(encode_end(frame.topic, "phx_close", replaced.join_ref))
        self._joined[frame.topic] = Joined(topic, frame.join_ref)
        self._hub.subscribe(frame.topic, self)
        try:
            return await topic.join(self, frame.topic, payload)
        except BaseException:
            await self._drop(frame.topic)
            raise

    async def _push(self, frame: Frame) -> Reply:
        joined = self._joined.get(frame.topic)
        if joined is None:
            raise PushRefused(UNMATCHED_TOPIC)
        if not joined.topic.knows(frame.event):
            raise PushRefused(UNKNOWN_EVENT)
        payload = frame.members()
        checked = joined.topic.check(frame.event, payload)
        await self._authorise(payload)
        return await joined.topic.push(self, frame.topic, frame.event, checked)

    async def _authorise(self, payload: Payload) -> None:
        """By the push's own token, or the newest that this socket has shown. Comes last: a client answers
        `invalid_token` with a renewal and a repeat, which nothing else would be mended by."""
        token = payload.get("token")
        if token is not None and not isinstance(token, str):
            raise PushRefused(INVALID_REQUEST)
        await self._connection.authorise(token)

    async def renew(self, token: str) -> None:
        await self._connection.renew(token)

    async def _follow(self, frame: Frame, reply: Reply) -> None:
        """What comes behind the reply."""
        if frame.event == "phx_leave":
            joined = self._joined.get(frame.topic)
            await self._leave(frame.topic)
            self.deliver(encode_end(frame.topic, "phx_close", joined.join_ref if joined else frame.join_ref))
        joined = self._joined.get(frame.topic)
        for event, payload in reply.after:
            self.deliver(encode_event(frame.topic, event, payload, joined.join_ref if joined else frame.join_ref))
        if reply.then is None:
            return
        try:
            await reply.then()
        except Exception as error:  # noqa: BLE001 - as above
            _note(error, frame.topic)
            await self._crash(frame, is_answered=True)

    async def _drop(self, name: str) -> Joined | None:
        joined = self._joined.pop(name, None)
        if joined is not None:
            self._hub.unsubscribe(name, self)
            await joined.topic.leave(self, name)
        return joined

    async def _crash(self, frame: Frame, *, is_answered: bool) -> None:
        """As a crashed channel of Phoenix does: the client joins again, after a while."""
        joined = self._joined.get(frame.topic)
        await self._leave(frame.topic)
        if frame.event == "phx_join" and not is_answered:
            self.deliver(encode_reply(frame, "error", JOIN_CRASHED))
        else:
            self.deliver(encode_end(frame.topic, "phx_error", joined.join_ref if joined else frame.join_ref))

    async def _leave_all(self) -> None:
        # First what cannot fail: whatever a topic does about it, nothing is delivered here any more.
        for name in self._joined:
            self._hub.unsubscribe(name, self)
        for name in tuple(self._joined):
            await self._leave(name)

    async def _leave(self, name: str) -> None:
        try:
            await self._drop(name)
        except Exception as error:  # noqa: BLE001 - the other topics are left all the same
            _note(error, name)


def _note(error: Exception, topic: str) -> None:
    """The place alone: a message may quote what was sent."""
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("unexpected %s in topic %.60r\n%s", type(error).__name__, topic, places)
