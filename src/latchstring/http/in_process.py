"""The API tier in the web tier's own process."""

from urllib.parse import quote

from starlette.types import ASGIApp, Message, Scope

from latchstring.http.api_client import JSON, ApiAnswer, Headers
from latchstring.issuing import Visitor


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
        headers: Headers = (JSON,),
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
