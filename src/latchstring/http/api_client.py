"""How the web tier speaks to the API tier: in the same process, or over HTTP. One verb, two ways."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

import httpx2
import msgspec
from starlette.types import ASGIApp, Message, Scope

from latchstring.errors import NotFound, Unavailable
from latchstring.http.addresses import ADDRESS_HEADER, AGENT_HEADER, KEY_HEADER
from latchstring.issuing import Visitor

Headers = Sequence[tuple[bytes, bytes]]

ANSWER_LIMIT = 16 * 1024 * 1024
"""Bytes: more than the longest page of messages."""

REFRESH_SECONDS = 1.9

_JSON = (b"content-type", b"application/json")


class _Error(msgspec.Struct):
    code: str


class _Shape(msgspec.Struct):
    error: _Error


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What the API tier said. Header names are lower-case."""

    status: int
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def code(self) -> str | None:
        """The error's code, where this is an error."""
        try:
            return msgspec.json.decode(self.body, type=_Shape).error.code if self.status >= 400 else None
        except ValueError:
            return None

    def told(self, *names: str) -> dict[str, str]:
        """Those of the named headers that came."""
        return {name.decode(): value.decode("latin-1") for name, value in self.headers if name.decode() in names}


class ApiClient(Protocol):
    """The API tier, as the web tier sees it: in this process or elsewhere."""

    async def call(
        self,
        method: str,
        path: str,
        *,
        visitor: Visitor,
        body: bytes = b"",
        headers: Headers = (_JSON,),
        query: bytes = b"",
    ) -> ApiAnswer:
        """Calls the API tier on a visitor's behalf. `path` is not percent-encoded.

        Raises Unavailable where no answer came, or one that is not the API tier's.
        """

    async def close(self) -> None:
        """Gives up what the client holds open."""


class InProcess:
    """Calls the API tier's ASGI app. The visitor is the peer, so the API tier sees them as if they had come itself."""

    def __init__(self, api: ASGIApp) -> None:
        self._api = api

    async def call(
        self,
        method: str,
        path: str,
        *,
        visitor: Visitor,
        body: bytes = b"",
        headers: Headers = (_JSON,),
        query: bytes = b"",
    ) -> ApiAnswer:
        told = [*headers, (b"user-agent", visitor.user_agent.encode("latin-1", "replace"))]
        told.append((b"content-length", b"%d" % len(body)))
        exchange = _Exchange(body)
        await self._api(_scope(method, path, query, told, visitor), exchange.receive, exchange.send)
        return ApiAnswer(exchange.status, exchange.headers, b"".join(exchange.parts))

    async def close(self) -> None:
        """Nothing is held."""


def _scope(method: str, path: str, query: bytes, headers: Headers, visitor: Visitor) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "root_path": "",
        "query_string": query,
        "headers": headers,
        "client": (visitor.address, 0),
        "server": ("localhost", 80),
    }


class _Exchange:
    """The two ends of one ASGI request."""

    __slots__ = ("_body", "headers", "parts", "status")

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self.status = 500
        self.headers: Headers = ()
        self.parts: list[bytes] = []

    async def receive(self) -> Message:
        if self._body is None:
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = message.get("headers", ())
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))


class OverHttp:
    """Calls an API tier at an address, over connections that are kept. `key` lets it believe who the visitor is.

    `seconds` is for the whole call. A refresh gets less: twice our browser's 4 s and this have to fit into the window
    of the rotation (10 s), so that no token arrives late enough to look like a copy
    (docs/decisions/0002-contested-heads.md).
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        seconds: float = 7.0,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._base = url.rstrip("/")
        self._key = [(KEY_HEADER, key.encode())] if key else []
        self._seconds = seconds
        self._refresh_seconds = min(seconds, REFRESH_SECONDS)
        timeout = httpx2.Timeout(seconds, connect=min(2.0, seconds)).as_dict()
        self._extensions = {"timeout": timeout}
        # The transport without its client: no redirects, no jar, no compression, and no log line for every address.
        # Uvicorn keeps an idle connection for 75 s: ours is given up first, so that none breaks under a request.
        self._transport = transport or httpx2.AsyncHTTPTransport(
            limits=httpx2.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=30.0),
            trust_env=False,
        )

    async def call(
        self,
        method: str,
        path: str,
        *,
        visitor: Visitor,
        body: bytes = b"",
        headers: Headers = (_JSON,),
        query: bytes = b"",
    ) -> ApiAnswer:
        url = self._base + quote(path) + (f"?{query.decode('latin-1')}" if query else "")
        told = [*headers, *self._visitor(visitor)]
        try:
            request = httpx2.Request(method, url, content=body, headers=told, extensions=self._extensions)
            async with asyncio.timeout(self._refresh_seconds if path == "/auth/refresh" else self._seconds):
                return await self._exchange(request)
        except httpx2.InvalidURL:
            raise NotFound from None
        except (httpx2.HTTPError, TimeoutError) as error:
            raise Unavailable(f"The API tier did not answer ({type(error).__name__}).") from None

    async def close(self) -> None:
        await self._transport.aclose()

    def _visitor(self, visitor: Visitor) -> list[tuple[bytes, bytes]]:
        agent = visitor.user_agent.encode("latin-1", "replace")
        if not self._key:
            return [(b"user-agent", agent)]
        return [*self._key, (ADDRESS_HEADER, visitor.address.encode()), (AGENT_HEADER, agent)]

    async def _exchange(self, request: httpx2.Request) -> ApiAnswer:
        response = await self._transport.handle_async_request(request)
        try:
            body = await _bounded(response)
        finally:
            await response.aclose()
        is_json = response.headers.get("content-type", "").startswith("application/json")
        if not is_json and (body or response.status_code != 204):
            raise Unavailable("What answered is not the API tier.")
        headers: Any = [(name.lower(), value) for name, value in response.headers.raw]
        return ApiAnswer(response.status_code, headers, body)


async def _bounded(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > ANSWER_LIMIT:
            raise Unavailable("The API tier's answer is too long.")
    return bytes(body)
