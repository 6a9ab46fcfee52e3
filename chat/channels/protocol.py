"""The frames of Phoenix Channels, serializer version 2.0.0: `[join_ref, ref, topic, event, payload]` as text."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import msgspec

Payload = dict[str, Any]
Shape = TypeVar("Shape")


class Frame(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """One message. `ref` numbers a push, `join_ref` is the ref of the join that the topic was joined by."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: Payload


_decoder = msgspec.json.Decoder(Frame)


class BadFrame(Exception):
    """Text that is no frame: the socket is closed with 1007, since nothing after it can be trusted."""


class PushRefused(Exception):
    """A push or a join that is refused: `response` goes to the client as it is. Never a secret."""

    def __init__(self, response: str | dict[str, str]) -> None:
        super().__init__(response)
        self.response = response


UNMATCHED_TOPIC = {"reason": "unmatched topic"}
UNAUTHORIZED = {"reason": "unauthorized"}
UNKNOWN_EVENT = "unknown_event"
INVALID_REQUEST = "invalid_request"
INVALID_TOKEN = "invalid_token"
UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a topic answers to a join or a push.

    `after` are events for this socket alone, sent behind the reply; `then` runs when all of that is on its way, so
    that what it tells everybody comes last here too.
    """

    response: object = "message_sent"
    after: tuple[tuple[str, object], ...] = ()
    then: Callable[[], Awaitable[None]] | None = None


def decode(text: str) -> Frame:
    """Raises BadFrame."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as trouble:
        raise BadFrame(str(type(trouble).__name__)) from None


def encode_event(topic: str, event: str, payload: object, join_ref: str | None = None) -> str:
    return encode(join_ref, None, topic, event, payload)


def encode_reply(frame: Frame, status: Literal["ok", "error"], response: object) -> str:
    join_ref = None if frame.topic == "phoenix" else frame.join_ref
    return encode(join_ref, frame.ref, frame.topic, "phx_reply", {"status": status, "response": response})


def encode_close(topic: str, join_ref: str | None) -> str:
    """`phx_close`: the topic is no longer joined on this socket, and by which join it was."""
    return encode(join_ref, join_ref, topic, "phx_close", {})


def encode(join_ref: str | None, ref: str | None, topic: str, event: str, payload: object) -> str:
    return msgspec.json.encode((join_ref, ref, topic, event, payload)).decode()


def read_payload(payload: Payload, shape: type[Shape]) -> Shape:
    """A payload as the struct that its event takes. Raises PushRefused("invalid_request")."""
    try:
        return msgspec.convert(payload, shape)
    except msgspec.ValidationError:
        raise PushRefused(INVALID_REQUEST) from None
