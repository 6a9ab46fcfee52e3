"""The frames of Phoenix Channels, serializer version 2.0.0: `[join_ref, ref, topic, event, payload]` as text."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import msgspec

Ref = str | int | None
"""Clients number with texts, a few with numbers: whatever came is what goes back."""
Payload = dict[str, Any]
Shape = TypeVar("Shape")


class Frame(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """One message. `ref` numbers a push, `join_ref` is the ref of the join that the topic was joined by."""

    join_ref: Ref
    ref: Ref
    topic: str
    event: str
    payload: Any

    @property
    def is_heartbeat(self) -> bool:
        return self.topic == "phoenix" and self.event == "heartbeat"

    @property
    def is_push(self) -> bool:
        return self.topic != "phoenix" and self.event not in ("phx_join", "phx_leave")

    def members(self) -> Payload:
        """The payload as an object; null counts as an empty one. Raises PushRefused("invalid_request")."""
        if self.payload is None:
            return {}
        if not isinstance(self.payload, dict):
            raise PushRefused(INVALID_REQUEST)
        return self.payload


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
JOIN_CRASHED = {"reason": "join crashed"}
"""What Phoenix itself answers where a join fails for no fault of the client's: it joins again."""
NOT_FOUND = "not_found"
UNKNOWN_EVENT = "unknown_event"
INVALID_REQUEST = "invalid_request"
INVALID_TOKEN = "invalid_token"
UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a topic answers to a join or a push.

    `after` are events for this socket alone, sent behind the reply; `then` runs when all of that is on its way, so
    that what it tells everybody comes last here too. Between a topic's return and `then` nothing is waited for.
    """

    response: object = "message_sent"
    after: tuple[tuple[str, object], ...] = ()
    then: Callable[[], Awaitable[None]] | None = None


def decode(text: str) -> Frame:
    """Raises BadFrame."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as trouble:
        frame = _with_half_a_character(text)
        if frame is None:
            raise BadFrame(type(trouble).__name__) from None
        return frame


def _with_half_a_character(text: str) -> Frame | None:
    """JavaScript cuts a text in the middle of an emoji and sends half of it (a lone surrogate, RFC 8259 section 8.2).
    That is a bad payload of one push, and no reason to close every topic: the frame, its payload no object."""
    try:
        frame = msgspec.convert(json.loads(text), tuple[Ref, Ref, str, str, Any])
        "".join(str(part) for part in frame[:4]).encode()
    except (ValueError, RecursionError):
        return None
    is_cut = any("\ud800" <= character <= "\udfff" for character in json.dumps(frame[4], ensure_ascii=False))
    return Frame(*frame[:4], payload="") if is_cut else None


def encode_event(topic: str, event: str, payload: object, join_ref: Ref = None) -> str:
    return encode(join_ref, None, topic, event, payload)


def encode_reply(frame: Frame, status: Literal["ok", "error"], response: object) -> str:
    join_ref = None if frame.is_heartbeat else frame.join_ref
    return encode(join_ref, frame.ref, frame.topic, "phx_reply", {"status": status, "response": response})


def encode_end(topic: str, event: Literal["phx_close", "phx_error"], join_ref: Ref) -> str:
    """The topic is no longer joined on this socket: `phx_close` for good, `phx_error` where something failed, and the
    client joins again. As in Phoenix, both refs are that of the join which it was."""
    return encode(join_ref, join_ref, topic, event, {})


def encode(join_ref: Ref, ref: Ref, topic: str, event: str, payload: object) -> str:
    return msgspec.json.encode((join_ref, ref, topic, event, payload)).decode()


def read_payload(payload: Payload, shape: type[Shape]) -> Shape:
    """A payload as the struct that its event takes. Raises PushRefused("invalid_request")."""
    try:
        return msgspec.convert(payload, shape)
    except msgspec.ValidationError:
        raise PushRefused(INVALID_REQUEST) from None
