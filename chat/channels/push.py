"""What every push is, joins included: a struct that says what its event takes, and checks it."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from chat.channels.protocol import Payload, read_payload
from chat.jwk import KeyPair


class Push(msgspec.Struct):
    """Checked once, as far as that goes without anybody's rows, and before the token is judged."""

    def check(self) -> None:
        """Puts what was costly to read in the place of what came. Raises Refused."""


def read_push(events: Mapping[str, type[Push]], event: str, payload: Payload, join: type[Push] = Push) -> Push:
    """Raises PushRefused or Refused."""
    push = read_payload(payload, events.get(event, join))
    push.check()
    return push


class _Keyed(Protocol):
    public_key: Any
    private_key: Any


def check_keys(push: _Keyed) -> None:
    """Raises InvalidKey."""
    pair = KeyPair.read(push.public_key, push.private_key)
    push.public_key, push.private_key = pair.public, pair.private


def keys_of(push: _Keyed) -> KeyPair:
    """Of a push that was checked."""
    return KeyPair(push.public_key, push.private_key)
