"""A call of the API tier as data: from it come its route, its checks and its page in the OpenAPI document."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latchstring.errors import LatchstringError
from latchstring.http.bodies import refuse_body

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`endpoint` reads a body of type `body` itself (read_body); a call without one refuses forms and floods.
    Parameters in the query are those of `query` (read_query).

    `answers` maps each status of success to the type of its body (None: no body); `refusals` are errors it may raise
    beside those that any call may.
    """

    method: str
    path: str
    endpoint: Endpoint
    summary: str
    body: type[msgspec.Struct] | None = None
    body_required: bool = True
    query: type[msgspec.Struct] | None = None
    answers: Mapping[int, Any] = field(default_factory=lambda: {204: None})
    refusals: tuple[type[LatchstringError], ...] = ()
    signed_in: bool = True

    def checked(self) -> Endpoint:
        takes_none = self.body is None and self.method not in ("GET", "HEAD")
        return without_body(self.endpoint) if takes_none else self.endpoint


def without_body(endpoint: Endpoint) -> Endpoint:
    async def checked(request: Request) -> Response:
        await refuse_body(request)
        return await endpoint(request)

    return checked


def routes_of(calls: Iterable[Call]) -> list[Route]:
    """One route per path: only then does a 405 name every method in Allow (RFC 9110 section 15.5.6)."""
    paths: dict[str, dict[str, Endpoint]] = {}
    for call in calls:
        paths.setdefault(call.path, {})[call.method] = call.checked()
    return [Route(path, by_method(endpoints), methods=list(endpoints)) for path, endpoints in paths.items()]


def by_method(endpoints: Mapping[str, Endpoint]) -> Endpoint:
    if len(endpoints) == 1:
        return next(iter(endpoints.values()))

    async def chosen(request: Request) -> Response:
        method: str = request.scope["method"]
        return await endpoints["GET" if method == "HEAD" else method](request)

    return chosen


class NeverStored:
    """Puts `Cache-Control: no-store` on the answers of routes that are not ours but live under our roof."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marking(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() != b"cache-control"]
                message = {**message, "headers": [*kept, (b"cache-control", b"no-store")]}
            await send(message)

        await self._app(scope, receive, marking if scope["type"] == "http" else send)
