"""The API tier at an address of its own."""

import asyncio
from typing import Any
from urllib.parse import quote

import httpx2

from latchstring.errors import NotFound, Unavailable
from latchstring.http.addresses import ADDRESS_HEADER, AGENT_HEADER, KEY_HEADER
from latchstring.http.api_client import JSON, ApiAnswer, Headers
from latchstring.issuing import Visitor

ANSWER_LIMIT = 16 * 1024 * 1024
"""Bytes: more than the longest page of messages."""

REFRESH_SECONDS = 1.9


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
        headers: Headers = (JSON,),
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
