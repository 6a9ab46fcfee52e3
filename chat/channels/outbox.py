"""What one socket has still to be sent. While there is nothing, it costs no task and next to no memory."""

import asyncio
from collections.abc import Callable

from starlette.types import Send

OUTBOX_LIMIT = 1024 * 1024
"""Characters. A client that leaves more than this unread is closed with 1013: its memory is not ours to give."""


class Outbox:
    __slots__ = ("_flushing", "_frames", "_is_over", "_on_overflow", "_room", "_send", "_size")

    def __init__(self, send: Send, on_overflow: Callable[[], None]) -> None:
        self._send = send
        self._on_overflow = on_overflow
        self._frames: list[str] = []
        self._size = 0
        self._is_over = False
        self._flushing: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None

    def put(self, text: str) -> None:
        """Queues a frame; never waits. What comes after the end is dropped."""
        if self._is_over:
            return
        if self._size > OUTBOX_LIMIT:
            # Asked before the frame is counted: one large answer to a client that does read is no fault of its.
            self.close()
            self._on_overflow()
            return
        self._size += len(text)
        self._frames.append(text)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())

    async def wait_for_room(self) -> None:
        """Returns when half of the limit is free, or all is over."""
        while self._size > OUTBOX_LIMIT // 2 and not self._is_over:
            self._room = asyncio.get_running_loop().create_future()
            await self._room

    def close(self) -> None:
        """Nothing more is sent, and nobody waits any longer."""
        self._is_over = True
        self._frames.clear()
        self._tell_room()
        if self._flushing is not None:
            self._flushing.cancel()

    async def _flush(self) -> None:
        try:
            while self._frames:
                frames, self._frames = self._frames, []
                for text in frames:
                    await self._send({"type": "websocket.send", "text": text})
                    self._size -= len(text)
                    self._tell_room()
        except (OSError, RuntimeError):
            # The socket is gone, which receive() tells as well; but whoever waits for room is not receiving.
            self._is_over = True
            self._tell_room()
        finally:
            self._flushing = None

    def _tell_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
