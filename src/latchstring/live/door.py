"""The door between the server and the app of one WebSocket: open to all, until somebody asks for a session."""

import asyncio
import json

from starlette.exceptions import WebSocketException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from latchstring.errors import ConfigurationError, Refused, Unavailable
from latchstring.live.admission import Admission
from latchstring.live.close_codes import FLOOD, TROUBLE
from latchstring.live.connection import Connection
from latchstring.live.handshake import strip_tokens
from latchstring.live.wire import SocketClosed

DOOR = "latchstring.door"
CONNECTION = "latchstring"


class HandshakeRefused(WebSocketException):
    """The refusal has been sent; this only leads out of the app. Before an accept, any close code is HTTP 403."""

    def __init__(self) -> None:
        super().__init__(FLOOD, "refused")


class Door:
    """Passes everything on untouched, until `admit`. After that the connection guards both directions."""

    __slots__ = ("_accepted", "_admission", "_connection", "_receive", "_refused", "_scope", "_send")

    def __init__(self, admission: Admission, scope: Scope, receive: Receive, send: Send) -> None:
        self._admission = admission
        self._scope = scope
        self._receive = receive
        self._send = send
        self._connection: Connection | None = None
        self._accepted = False
        self._refused = False
        scope[DOOR] = self

    async def admit(self, scope: Scope) -> Connection:
        """The connection of this socket, for as long as it lives. Raises HandshakeRefused once it was refused."""
        if self._refused:
            raise HandshakeRefused
        if self._connection is None:
            if self._accepted:
                # An open that is closed again resets a client's back-off: it would be here many times a second.
                raise ConfigurationError("Ask for the session before the WebSocket is accepted.")
            self._connection = await self._judge(scope)
            scope[CONNECTION] = self._scope[CONNECTION] = self._connection
        return self._connection

    async def serve(self, app: ASGIApp) -> None:
        try:
            await app(self._scope, self.receive, self.send)
        except Exception as error:
            if self._closed_by_us() and _is_the_end(error):
                return
            if self._connection is not None and self._connection.accepted:
                self._connection.condemn(TROUBLE, "internal error")
            raise
        finally:
            await self._leave()

    async def receive(self) -> Message:
        return await (self._receive if self._connection is None else self._connection.receive)()

    async def send(self, message: Message) -> None:
        if self._refused:
            return
        if self._connection is not None:
            await self._connection.send(message)
            return
        self._accepted = self._accepted or message["type"] == "websocket.accept"
        await self._send(message)

    async def _judge(self, scope: Scope) -> Connection:
        try:
            return await self._admitted(scope)
        except (Refused, Unavailable) as refusal:
            self._refused = True
            await self._refuse(refusal)
            raise HandshakeRefused from None

    async def _admitted(self, scope: Scope) -> Connection:
        try:
            return await self._admission.admit(scope, self._receive, self._send)
        finally:
            # A middleware in between may have copied the scope: what the server logs is the one that it made.
            strip_tokens(self._scope)

    async def _refuse(self, refusal: Refused | Unavailable) -> None:
        if isinstance(refusal, Refused) or "websocket.http.response" not in self._scope.get("extensions", {}):
            await self._send({"type": "websocket.close", "code": FLOOD, "reason": ""})
            return
        headers = [
            (b"content-type", b"application/json"),
            (b"cache-control", b"no-store"),
            (b"retry-after", b"%d" % refusal.retry_after),
        ]
        body = json.dumps({"error": {"code": refusal.code, "message": refusal.message}}).encode()
        await self._send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": body})

    def _closed_by_us(self) -> bool:
        return self._refused or (self._connection is not None and self._connection.condemned)

    async def _leave(self) -> None:
        """The server hangs up when the app returns: not before the closing frame is on its way."""
        self._scope.pop(DOOR, None)
        if self._connection is None:
            return
        try:
            if self._connection.condemned and not (parting := self._connection.part()).done():
                await asyncio.wait((parting,))
        finally:
            # The server's protocol holds the scope, and the connection its methods: a cycle, and 17 KiB in it, that
            # would be there until the next collection of everything.
            self._scope.pop(CONNECTION, None)
            self._admission.forget(self._connection)


def _is_the_end(error: Exception) -> bool:
    """Whether an app was left in the way that a socket's end is told; a group where it ran several tasks."""
    ends = (HandshakeRefused, SocketClosed, WebSocketDisconnect)
    if isinstance(error, ExceptionGroup):
        return error.split(ends)[1] is None
    return isinstance(error, ends)


async def admit(scope: Scope) -> Connection:
    """The guarded connection of a WebSocket's scope; for dependencies, before the socket is accepted.

    Raises HandshakeRefused (the refusal has been sent: let it pass) or ConfigurationError.
    """
    door = scope.get(DOOR)
    if not isinstance(door, Door):
        raise ConfigurationError("This WebSocket is served without Latchstring: call install(app) first.")
    return await door.admit(scope)
