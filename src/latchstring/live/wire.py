"""One WebSocket whose end is in our hands: it may be closed at any moment, from any task, without waiting for it."""

import asyncio
import logging
import time
from collections.abc import MutableMapping
from typing import Any

from starlette.types import Message, Receive, Send

from latchstring.live.close_codes import FLOOD, FRAME_TOO_BIG
from latchstring.live.limits import Limits, frame_size

log = logging.getLogger("latchstring.live")

LEEWAY = 10
"""Frames beyond the burst: who sends just what is allowed, by a clock of their own, is not closed for a few of them."""

REASON_BYTES = 123
"""RFC 6455 section 5.5: a control frame holds 125 bytes, two of which are the code."""


class SocketClosed(ConnectionError):
    """Nothing more can be sent: the socket was closed. As ASGI asks of a send after the end, an OSError."""


class Wire:
    """The receive and send that an app is given.

    Condemning is immediate: from then on no frame passes, in either direction. Parting writes the closing frame in a
    task of its own, because a server lets send() wait for as long as its client does not read.
    """

    __slots__ = (
        "_accepted",
        "_allowance",
        "_counted_at",
        "_limits",
        "_over",
        "_parting",
        "_progress_at",
        "_receive",
        "_send",
        "_subprotocol",
        "_verdict",
        "_waiting",
    )

    def __init__(self, receive: Receive, send: Send, limits: Limits, subprotocol: str | None = None) -> None:
        self._receive = receive
        self._send = send
        self._limits = limits
        self._subprotocol = subprotocol
        self._accepted = False
        self._over = False
        self._verdict: tuple[int, str] | None = None
        self._parting: asyncio.Task[None] | None = None
        self._waiting = 0
        self._progress_at = self._counted_at = time.monotonic()
        self._allowance = float(limits.burst)

    @property
    def accepted(self) -> bool:
        return self._accepted

    @property
    def condemned(self) -> bool:
        """Closed by us, with a code; not by the app or by the client."""
        return self._verdict is not None

    async def receive(self) -> Message:
        if self._verdict is not None and self._accepted:
            return self._disconnect(self._verdict)
        message = await self._receive()
        if message["type"] == "websocket.receive":
            self._count(message)
        elif message["type"] == "websocket.disconnect":
            self._over = True
        if self._verdict is not None and message["type"] != "websocket.connect":
            return self._disconnect(self._verdict)
        return message

    async def send(self, message: Message) -> None:
        """Raises SocketClosed once the socket was closed from outside, and what the server raises."""
        if self._verdict is not None:
            raise SocketClosed
        if message["type"] == "websocket.accept":
            message = self._with_subprotocol(message)
            self._accepted = True
        if self._waiting == 0:
            self._progress_at = time.monotonic()
        self._waiting += 1
        try:
            await self._send(message)
        except (OSError, RuntimeError) as error:
            if self._verdict is not None:
                raise SocketClosed from error
            raise
        finally:
            self._waiting -= 1
            self._progress_at = time.monotonic()
        if message["type"] == "websocket.close":
            self._over = True

    def close(self, code: int, reason: str = "") -> None:
        """Closes the socket, whoever calls and whatever the app does; the app then receives a disconnect."""
        if self.condemn(code, reason):
            self.part()

    def condemn(self, code: int, reason: str = "") -> bool:
        """The first verdict stands. False where the socket is over, or condemned already."""
        if self._over or self._verdict is not None:
            return False
        self._verdict = (code, reason.encode()[:REASON_BYTES].decode(errors="ignore"))
        return True

    def part(self) -> asyncio.Task[None]:
        """Writes the closing frame, once. Cancelled where that was given up."""
        if self._parting is None:
            loop = asyncio.get_running_loop()
            self._parting = loop.create_task(self._say_goodbye())
            # Most frames are written by then. A timer for each would take as long as the frame, and thousands may part
            # at once.
            loop.call_soon(self._limit_parting)
        return self._parting

    def does_not_read(self) -> bool:
        """Whether a message has been waiting for the client for too long."""
        return self._waiting > 0 and time.monotonic() - self._progress_at > self._limits.send_seconds

    async def _say_goodbye(self) -> None:
        code, reason = self._verdict or (1000, "")
        try:
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except (OSError, RuntimeError):
            log.debug("a socket was gone before it could be closed with %d", code)
        else:
            if self._accepted:
                asyncio.get_running_loop().call_later(self._limits.linger_seconds, self._abort)

    def _limit_parting(self) -> None:
        if self._parting is not None and not self._parting.done():
            asyncio.get_running_loop().call_later(self._limits.close_seconds, self._give_up)

    def _give_up(self) -> None:
        if self._parting is not None and not self._parting.done():
            self._parting.cancel()
            self._abort()

    def _abort(self) -> None:
        """ASGI has no word for it. uvicorn's send and receive are methods of the protocol that holds the transport, and
        Starlette wraps the one of them alone; elsewhere the server is left to find out."""
        ways = (self._send, self._receive)
        transports = (getattr(getattr(way, "__self__", None), "transport", None) for way in ways)
        transport = next((each for each in transports if each is not None), None)
        if transport is not None:
            transport.abort()

    def _count(self, message: MutableMapping[str, Any]) -> None:
        if frame_size(message.get("text"), message.get("bytes")) > self._limits.frame_bytes:
            self.close(FRAME_TOO_BIG, "frame too big")
            return
        now = time.monotonic()
        earned = (now - self._counted_at) * self._limits.frames_per_second
        self._allowance = min(self._limits.burst, self._allowance + earned) - 1
        self._counted_at = now
        if self._allowance < -LEEWAY:
            self.close(FLOOD, "too many frames")

    def _with_subprotocol(self, message: Message) -> Message:
        """A client that brought its token as a subprotocol fails unless one of those that it offered is chosen."""
        if self._subprotocol is None or message.get("subprotocol"):
            return message
        return {**message, "subprotocol": self._subprotocol}

    def _disconnect(self, verdict: tuple[int, str]) -> Message:
        return {"type": "websocket.disconnect", "code": verdict[0], "reason": verdict[1]}
