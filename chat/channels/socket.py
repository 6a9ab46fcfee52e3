"""One open socket: reads frames, has each judged by its token, hands it to its topic, and writes what comes back."""

from starlette.types import Receive, Send

from chat.channels.hub import Hub
from chat.channels.noting import note
from chat.channels.outbox import Outbox
from chat.channels.places import Places
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
    Reply,
    decode,
    encode_end,
    encode_event,
    encode_reply,
)
from chat.channels.pushes import Pushes
from chat.channels.subscription import Subscription
from chat.channels.topics import Topics
from latchstring import InvalidAuthToken, Refused, Unavailable
from latchstring.live import NO_MESSAGE, NOT_READING, NOT_TEXT, Connection


class ChannelSocket:
    __slots__ = ("_connection", "_outbox", "_places", "_pushes", "_topics")

    def __init__(self, connection: Connection, send: Send, topics: Topics, hub: Hub, pushes: Pushes) -> None:
        self._connection = connection
        self._topics = topics
        self._pushes = pushes
        self._places = Places(hub)
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
            await self._places.leave_all()

    async def _receive(self, text: str | None) -> None:
        if text is None:
            self._connection.close(NOT_TEXT, "text frames only")
            return
        try:
            frame = decode(text)
        except BadFrame:
            self._connection.close(NO_MESSAGE, "not a frame of Phoenix Channels 2.0.0")
            return
        if frame.is_push:
            await self._pushes.to_the_end(self._handle(frame))
        else:
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
            note(error, frame.topic)
            await self._crash(frame, is_answered=False)
        else:
            # From the topic's write to `then` nothing is waited for, so that the news goes out in the writes' order.
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
            return Reply({}, then=lambda: self._leave(frame))
        return await self._push(frame)

    async def _join(self, frame: Frame) -> Reply:
        topic = self._topics.find(frame.topic)
        if topic is None:
            raise PushRefused(UNMATCHED_TOPIC)
        payload = frame.members()
        topic.admit(self.user_id, frame.topic)
        wish = topic.check(frame.event, payload)
        try:
            await self._authorise(payload)
        except InvalidAuthToken:
            # `invalid_token` promises that a newer token will help, so whoever is no member is told that instead. Who
            # asks is known from the handshake: nobody learns here more than whether they themselves are members.
            await topic.seek(self.user_id, frame.topic)
            raise
        replaced = await self._places.leave(frame.topic)
        if replaced is not None:
            self.deliver(encode_end(frame.topic, "phx_close", replaced.join_ref))
        return await self._places.enter(topic, Subscription(self, frame.topic, frame.join_ref), wish)

    async def _leave(self, frame: Frame) -> None:
        inside = self._places.subscription(frame.topic)
        # A leave that was on its way while its topic was joined anew is the end of that earlier join alone.
        if inside is not None and frame.join_ref in (None, inside.join_ref):
            await self._places.leave(frame.topic)
            self.deliver(encode_end(frame.topic, "phx_close", inside.join_ref))
        else:
            self.deliver(encode_end(frame.topic, "phx_close", frame.join_ref))

    async def _push(self, frame: Frame) -> Reply:
        topic, subscription = self._places.topic(frame.topic), self._places.subscription(frame.topic)
        if topic is None or subscription is None:
            raise PushRefused(UNMATCHED_TOPIC)
        if not topic.knows(frame.event):
            raise PushRefused(UNKNOWN_EVENT)
        payload = frame.members()
        checked = topic.check(frame.event, payload)
        await self._authorise(payload)
        return await topic.push(subscription, frame.event, checked)

    async def _authorise(self, payload: Payload) -> None:
        """By the push's own token, or the newest that this socket has shown. Comes last of what needs no rows: a
        client answers `invalid_token` with a renewal and a repeat, which nothing else would be mended by. What only
        rows can tell (who is a member, whose message it is) is asked for a live token alone."""
        token = payload.get("token")
        if token is not None and not isinstance(token, str):
            raise PushRefused(INVALID_REQUEST)
        await self._connection.authorise(token)

    async def renew(self, token: str) -> None:
        await self._connection.renew(token)

    async def _follow(self, frame: Frame, reply: Reply) -> None:
        """What comes behind the reply."""
        subscription = self._places.subscription(frame.topic)
        for event, payload in reply.after:
            join_ref = subscription.join_ref if subscription else frame.join_ref
            self.deliver(encode_event(frame.topic, event, payload, join_ref))
        if subscription is not None and frame.event == "phx_join":
            subscription.begin()
        if reply.then is None:
            return
        try:
            await reply.then()
        except Exception as error:  # noqa: BLE001 - as above
            note(error, frame.topic)
            await self._crash(frame, is_answered=True)

    async def _crash(self, frame: Frame, *, is_answered: bool) -> None:
        """As a crashed channel of Phoenix does: the client joins again, after a while."""
        subscription = await self._places.leave(frame.topic)
        if frame.event == "phx_join" and not is_answered:
            self.deliver(encode_reply(frame, "error", JOIN_CRASHED))
        else:
            join_ref = subscription.join_ref if subscription else frame.join_ref
            self.deliver(encode_end(frame.topic, "phx_error", join_ref))

    def close_topic(self, subscription: Subscription) -> None:
        self._places.forget(subscription)
        self.deliver(encode_end(subscription.name, "phx_close", subscription.join_ref))

    async def end_topic(self, subscription: Subscription) -> None:
        if self._places.subscription(subscription.name) is subscription:
            self.deliver(encode_end(subscription.name, "phx_error", subscription.join_ref))
            await self._places.leave(subscription.name)
