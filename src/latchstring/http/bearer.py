"""The bearer of a request (RFC 6750 section 2.1): one Authorization header, and in it one token, or none at all."""

import re
from typing import Any

from starlette.requests import HTTPConnection

from latchstring.errors import InvalidAuthToken
from latchstring.sessions import Sessions, SignedIn

_CREDENTIALS = re.compile(rb"bearer +([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)


def bearer_token(scope: Any) -> bytes:
    """The token as it came. Raises InvalidAuthToken where there is none, more than one header, or another scheme.

    Tokens in the query or in a form (RFC 6750 sections 2.2 and 2.3) end up in logs: they are not read.
    """
    found = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            if found is not None:
                raise InvalidAuthToken
            found = value
    match = _CREDENTIALS.fullmatch(found) if found is not None else None
    if match is None:
        raise InvalidAuthToken
    token: bytes = match[1]
    return token


async def authenticate(sessions: Sessions, scope: Any) -> SignedIn:
    """Who calls. Raises InvalidAuthToken, Superseded or Unavailable."""
    return await sessions.authenticate(bearer_token(scope))


async def signed_in(connection: HTTPConnection) -> SignedIn:
    """Who calls, for routes that were handed to the API tier. Raises InvalidAuthToken, Superseded or Unavailable."""
    return await authenticate(connection.scope["app"].state.sessions, connection.scope)
