"""What a WebSocket's handshake shows: its origin, and one auth token. Both are read from the ASGI scope alone."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from starlette.types import Scope

from latchstring.core.headers import values_of
from latchstring.core.same_origin import is_same_origin
from latchstring.errors import InvalidAuthToken

TOKEN_PROTOCOL = "base64url.bearer.phx."
"""How the phoenix clients' `authToken` travels: in a header, which keeps it out of access logs."""
PHOENIX = "phoenix"

_BEARER = re.compile(rb"bearer +([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9_-]+")
_BASE64_URL = str.maketrans("+/", "-_")


@dataclass(frozen=True, slots=True)
class Handshake:
    """`subprotocol` is what the server chooses where the app does not choose."""

    origins: tuple[str, ...]
    token: str = field(repr=False)
    subprotocol: str | None


def decide_origin(origins: Sequence[str], allowed: Sequence[str]) -> bool:
    """Whether a page of that origin may open the socket; each `Origin` header that came is one value.

    | Origin            | answer | why                                                            |
    |-------------------|--------|----------------------------------------------------------------|
    | absent            | True   | no browser: nobody's cookie is used, and a token is asked for  |
    | on the list       | True   |                                                                |
    | any other, `null` | False  | a foreign page: Fetch Metadata, which would say so, is not sent |
    | several           | False  |                                                                |
    """
    if not origins:
        return True
    return len(origins) == 1 and any(is_same_origin(origins[0], ours) for ours in allowed)


def read_handshake(scope: Scope) -> Handshake:
    """Raises InvalidAuthToken where there is no token, more than one, or one that is not well formed."""
    offered: list[str] = list(scope.get("subprotocols") or ())
    tokens = [*_in_query(scope), *_in_subprotocols(offered), *_in_authorization(scope)]
    if len(tokens) != 1:
        raise InvalidAuthToken
    by_subprotocol = any(each.startswith(TOKEN_PROTOCOL) for each in offered)
    return Handshake(
        origins=tuple(value.decode("latin-1") for value in values_of(scope["headers"], b"origin")),
        token=tokens[0],
        subprotocol=PHOENIX if by_subprotocol and PHOENIX in offered else None,
    )


def strip_tokens(scope: Scope) -> None:
    """Takes every token out of the scope, in place: it is the very object whose query the server logs."""
    strip_query(scope)
    scope["subprotocols"] = [each for each in scope.get("subprotocols") or () if not each.startswith(TOKEN_PROTOCOL)]
    scope["headers"] = [
        (name, _without_tokens(value) if name == b"sec-websocket-protocol" else value)
        for name, value in scope["headers"]
        if name != b"authorization"
    ]


def strip_query(scope: Scope) -> None:
    parts = scope.get("query_string", b"").split(b"&")
    scope["query_string"] = b"&".join(part for part in parts if not _is_token(part))


def _in_query(scope: Scope) -> list[str]:
    parts = scope.get("query_string", b"").split(b"&")
    values = (unquote_plus(part.partition(b"=")[2].decode("latin-1")) for part in parts if _is_token(part))
    return [value for value in values if value]


def _is_token(part: bytes) -> bool:
    return unquote_plus(part.partition(b"=")[0].decode("latin-1")) == "token"


def _in_subprotocols(offered: Sequence[str]) -> list[str]:
    return [_decoded(each.removeprefix(TOKEN_PROTOCOL)) for each in offered if each.startswith(TOKEN_PROTOCOL)]


def _decoded(text: str) -> str:
    text = text.translate(_BASE64_URL)
    try:
        if not _BASE64.fullmatch(text):
            raise InvalidAuthToken
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidAuthToken from None


def _in_authorization(scope: Scope) -> list[str]:
    found = []
    for value in values_of(scope["headers"], b"authorization"):
        match = _BEARER.fullmatch(value)
        if match is None:
            raise InvalidAuthToken
        found.append(match[1].decode("ascii"))
    return found


def _without_tokens(value: bytes) -> bytes:
    offered = (each.strip() for each in value.split(b","))
    return b", ".join(each for each in offered if not each.startswith(TOKEN_PROTOCOL.encode()))
