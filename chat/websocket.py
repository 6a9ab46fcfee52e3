"""uvicorn's WebSocket, bounded in what an app never sees: fragments, pings, and clients that send but do not read."""

from typing import Any

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto import events

from latchstring.live import FLOOD, FRAME_TOO_BIG

LOOSE_PER_SECOND = 200
LOOSE_BURST = 2000
"""Frames that are no message: pings, pongs, and fragments, each of which may be empty, so that a limit of bytes never
ends them. A message of 256 KiB in fragments of 1 KiB is 256 of them."""

LINGER_SECONDS = 10
"""From our closing frame to the end of the connection, for who does not answer it."""

LINGER_BYTES = 4 * 1024 * 1024
"""So much may follow our closing frame. Hanging up on what was not read is a reset, which takes the code with it."""


class BoundedWebSocket(WSProtocol):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._allowance = float(LOOSE_BURST)
        self._counted_at = self.loop.time()
        self._spare = LINGER_BYTES

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
        super().data_received(data)

    def handle_message(self, event: events.TextMessage | events.BytesMessage) -> None:
        if self.buffer.length + len(_bytes(event.data)) > self.config.ws_max_size:
            self._close(FRAME_TOO_BIG, "frame too big")
            return
        is_fragment = event.frame_finished and not event.message_finished
        if not is_fragment or self._count():
            super().handle_message(event)

    def handle_ping(self, event: events.Ping) -> None:
        # Whoever pings and does not read would have the pongs pile up here.
        if self._count() and self.writable.is_set():
            super().handle_ping(event)

    def handle_pong(self, event: events.Pong) -> None:
        if self._count():
            super().handle_pong(event)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # A transport closes when all was written: for who never reads, that is never.
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _count(self) -> bool:
        """Whether one more frame may come that is no message."""
        now = self.loop.time()
        earned = (now - self._counted_at) * LOOSE_PER_SECOND
        self._allowance = min(LOOSE_BURST, self._allowance + earned) - 1
        self._counted_at = now
        if self._allowance < 0:
            self._close(FLOOD, "too many frames")
        return self._allowance >= 0

    def _close(self, code: int, reason: str) -> None:
        """Reads on for a while, and drops what it reads."""
        self.close_sent = True
        self.buffer.clear()
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.transport.is_closing():
            return
        self.transport.write(self.conn.send(events.CloseConnection(code=code, reason=reason)))
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def _bytes(data: str | bytes | bytearray) -> bytes | bytearray:
    return data.encode() if isinstance(data, str) else data
