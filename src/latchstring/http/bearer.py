"""The bearer of a request (RFC 6750 section 2.1): one Authorization header, and in it one token, or none at all."""

from collections.abc import Awaitable
from typing import Any

from starlette.requests import HTTPConnection

from latchstring.authenticating import SignedIn
from latchstring.errors import InvalidAuthToken
from latchstring.sessions import Sessions


def bearer_token(scope: Any) -> bytes:
    """The token as it came. Raises InvalidAuthToken where there is none, more than one header, or another scheme.

    Tokens in the query or in a form (RFC 6750 sections 2.2 and 2.3) end up in logs: they are not read.
    """
    found: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            if found is not None:
                raise InvalidAuthToken
            found = value
    if found is None or found[:7].lower() != b"bearer ":
        raise InvalidAuthToken
    # Its characters need no look of their own: a token is ours to the letter, or it does not verify.
    token: bytes = found[7:].lstrip(b" ")
    return token


def authenticate(sessions: Sessions, scope: Any) -> Awaitable[SignedIn]:
    """Who calls. Raises InvalidAuthToken, Superseded or Unavailable; the first of them before it is awaited.

    No coroutine of its own: every request that asks who calls would pay for it.
    """
    return sessions.authenticate(bearer_token(scope))


async def signed_in(connection: HTTPConnection) -> SignedIn:
    """Who calls, for routes that were handed to the API tier. Raises InvalidAuthToken, Superseded or Unavailable."""
    return await authenticate(connection.scope["app"].state.sessions, connection.scope)
