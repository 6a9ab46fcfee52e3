"""uvicorn's WebSocket, bounded in what an app never sees: fragments, pings, and clients that send but do not read."""

from typing import Any

from uvicorn._types import ASGISendEvent, WebSocketDisconnectEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from uvicorn.server import ServerState
from wsproto import events
from wsproto.connection import ConnectionState

from chat.taking_apart import taking_apart_of
from latchstring import ConfigurationError
from latchstring.live import FLOOD, FRAME_TOO_BIG

LOOSE_PER_SECOND = 200
LOOSE_BURST = 1000
"""Frames that are no message: pings, pongs, and fragments, each of which may be empty, so that a limit of bytes never
ends them. A message of 256 KiB in fragments of 1 KiB is 256 of them."""

WAITING_MESSAGES = 400
"""Twice the burst that one socket is allowed. One read holds 40,000 of the smallest frames, and to take them all apart
would hold up everybody else."""

LINGER_SECONDS = 10
"""From our closing frame to the end of the connection, for who does not answer it."""

LINGER_BYTES = 4 * 1024 * 1024
"""So much may follow our closing frame. Hanging up on what was not read is a reset, which takes the code with it."""


OVERRIDDEN = (
    "handle_connect",
    "data_received",
    "send",
    "handle_message",
    "handle_ping",
    "handle_pong",
    "keepalive_timeout",
    "connection_lost",
)
SET = (
    "buffer",
    "close_sent",
    "close_timer",
    "conn",
    "disconnected",
    "handshake_complete",
    "loop",
    "queue",
    "read_paused",
    "response_started",
    "transport",
    "writable",
)
"""By uvicorn's own class, when a connection is made; `_close` relies on each of them."""


def check_server() -> None:
    """Raises ConfigurationError where this uvicorn has another shape: what it never calls would bound nothing, and no
    test of an operator's would notice."""
    methods = [name for name in (*OVERRIDDEN, "stop_keepalive") if name not in vars(WSProtocol)]
    attributes = [name for name in SET if name not in WSProtocol.__init__.__code__.co_names]
    if methods or attributes:
        missing = ", ".join((*methods, *attributes))
        raise ConfigurationError(f"This version of uvicorn has no {missing}: install the one in requirements.txt.")


class _Shaken:
    """Stands where the handshake's parser stood, whose buffers and headers take some kilobytes of every open socket."""

    def events(self) -> tuple[()]:
        return ()


_SHAKEN = _Shaken()
_NO_HANDSHAKE = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class _Flooded(Exception):
    """What else was read is not even looked at."""


class BoundedWebSocket(WSProtocol):
    def __init__(self, config: Config, server_state: ServerState, *arguments: Any, **options: Any) -> None:
        super().__init__(config, server_state, *arguments, **options)
        self._taking_apart = taking_apart_of(server_state, self.loop)
        self._last: WebSocketDisconnectEvent | None = None
        self._allowance = float(LOOSE_BURST)
        self._counted_at = self.loop.time()
        self._spare = LINGER_BYTES
        self._is_deaf = False

    def handle_connect(self, event: events.Request) -> None:
        super().handle_connect(event)
        # What is sent before the handshake was answered would be kept without a bound.
        self.read_paused = True
        self.transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        if self.close_sent:
            self._spare -= len(data)
            if self._spare < 0:
                self.transport.abort()
                return
        if self._is_deaf:
            return
        try:
            super().data_received(data)
        except _Flooded:
            self._is_deaf = True
        except UnicodeDecodeError:
            # wsproto reads the headers of a handshake as ASCII, and some as they come.
            self._is_deaf = True
            self.transport.write(_NO_HANDSHAKE)
            self.transport.close()

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close" and self._is_open():
            # The code of a close is what tells a client to come back and fetch what it missed: it does not wait for
            # room behind what is not being read.
            self._close(message.get("code", 1000), message.get("reason") or "")
        else:
            await super().send(message)
        if message["type"] == "websocket.accept" and self.conn.state is ConnectionState.OPEN:
            self.conn.handshake = _SHAKEN  # type: ignore[assignment]
        # The app counts messages, too, and closes in the same way.
        self._is_deaf = self._is_deaf or (message["type"] == "websocket.close" and message.get("code") == FLOOD)

    def _is_open(self) -> bool:
        over = self.close_sent or self.response_started or self.disconnected
        return self.handshake_complete and not over

    def handle_message(self, event: events.TextMessage | events.BytesMessage) -> None:
        if self.buffer.length + len(_bytes(event.data)) > self.config.ws_max_size:
            self._close(FRAME_TOO_BIG, "frame too big")
            return
        if event.frame_finished and not event.message_finished:
            self._count()
        if self.queue.qsize() >= WAITING_MESSAGES:
            self._flooded()
        super().handle_message(event)

    def handle_ping(self, event: events.Ping) -> None:
        self._count()
        # Whoever pings and does not read would have the pongs pile up here.
        if self.writable.is_set():
            super().handle_ping(event)

    def handle_pong(self, event: events.Pong) -> None:
        self._count()
        super().handle_pong(event)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # A transport closes when all was written: for who never reads, that is never.
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _count(self) -> None:
        """One more frame that is no message. Raises _Flooded."""
        now = self.loop.time()
        earned = (now - self._counted_at) * LOOSE_PER_SECOND
        self._allowance = min(LOOSE_BURST, self._allowance + earned) - 1
        self._counted_at = now
        if self._allowance < 0:
            self._flooded()

    def _flooded(self) -> None:
        self._close(FLOOD, "too many frames")
        raise _Flooded

    def _close(self, code: int, reason: str) -> None:
        """Writes the closing frame. All else has time: the app is told, and what comes is read, when it is this one's
        turn."""
        self.close_sent = True
        self._last = {"type": "websocket.disconnect", "code": code, "reason": reason}
        if self.transport.is_closing():
            self._take_apart()
            return
        # Who answers the frame is not read before their turn, whatever the app receives until then.
        self.read_paused = False
        self.transport.pause_reading()
        self._taking_apart.add(self._take_apart)
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
        self.transport.write(self.conn.send(events.CloseConnection(code=code, reason=reason)))

    def _take_apart(self) -> None:
        """Reads on for a while, and drops what it reads."""
        if self._last is None:
            return
        last, self._last = self._last, None
        self.stop_keepalive()
        self.buffer.clear()
        self.queue.put_nowait(last)
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        # With the code of our closing frame, and not that of the loss.
        self._take_apart()
        super().connection_lost(exc)


def _bytes(data: str | bytes | bytearray) -> bytes | bytearray:
    return data.encode() if isinstance(data, str) else data
