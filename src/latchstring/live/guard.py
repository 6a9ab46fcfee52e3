"""ASGI middleware for WebSockets, whatever protocol runs on them. Everything else passes through unguarded."""

from starlette.types import ASGIApp, Receive, Scope, Send

from latchstring.live.admission import Admission
from latchstring.live.door import DOOR, Door, admit
from latchstring.live.handshake import strip_query


class LiveMiddleware:
    """For a whole app: a public WebSocket stays as it was, and one that asks for its session is guarded from there."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app = app
        self._admission = admission

    # A coroutine function, though it need be none: as a plain one, uvicorn would take the app for one of ASGI 2.
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or DOOR in scope:
            await self._app(scope, receive, send)
            return
        await Door(self._admission, scope, receive, send).serve(self._app)


class LiveGuard:
    """For an app that is nothing but guarded WebSockets: it only ever sees `scope["latchstring"]`, a Connection."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app = app
        self._behind_door = LiveMiddleware(self._admitted, admission)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._behind_door(scope, receive, send)

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await admit(scope)
        elif scope["type"] == "http":
            # A handshake whose upgrade a proxy has dropped comes as a plain request, token and all.
            strip_query(scope)
        await self._app(scope, receive, send)
