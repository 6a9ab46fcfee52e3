"""The bearer of a request (RFC 6750 section 2.1): one Authorization header, and in it one token, or none at all."""

import string
from typing import Any

from starlette.requests import HTTPConnection

from latchstring.errors import InvalidAuthToken
from latchstring.sessions import Sessions, SignedIn

_TOKEN_CHARACTERS = (string.ascii_letters + string.digits + "-._~+/=").encode()


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
    token = found[7:].lstrip(b" ")
    # A regular expression takes ten times as long as everything else that a bearer needs.
    if not token or token.translate(None, _TOKEN_CHARACTERS):
        raise InvalidAuthToken
    return token


async def authenticate(sessions: Sessions, scope: Any) -> SignedIn:
    """Who calls. Raises InvalidAuthToken, Superseded or Unavailable."""
    return await sessions.authenticate(bearer_token(scope))


async def signed_in(connection: HTTPConnection) -> SignedIn:
    """Who calls, for routes that were handed to the API tier. Raises InvalidAuthToken, Superseded or Unavailable."""
    return await authenticate(connection.scope["app"].state.sessions, connection.scope)
