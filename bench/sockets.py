"""WebSockets on raw sockets, as many as it takes: a handshake, texts, and the moment and the code of the close."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_SHAKING_HANDS = 32


@dataclass(frozen=True, slots=True)
class Closed:
    """1006 where the connection was lost without a closing frame. `at` as in http_client.Answer."""

    code: int
    at: float


class Socket(asyncio.Protocol):
    def __init__(self, path: str) -> None:
        self._path = path
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self.on_text: Callable[[bytes, float], None] | None = None
        """Told of each text, and when it came."""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's own.
        self._transport = cast(asyncio.Transport, transport)
        lines = (
            f"GET {self._path} HTTP/1.1",
            "host: 127.0.0.1",
            "connection: Upgrade",
            "upgrade: websocket",
            "sec-websocket-version: 13",
            "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
        )
        self._transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        at = time.perf_counter()
        self._received += data
        if not self.opened.done():
            self._finish_handshake()
        if self.opened.done():
            self._take_frames(at)

    def _take_frames(self, at: float) -> None:
        place = 0
        while frame := _frame(self._received, place):
            opcode, start, place = frame
            if opcode == _TEXT and self.on_text is not None:
                self.on_text(self._received[start:place], at)
            elif opcode == _PING:
                self._send(_PONG, self._received[start:place])
            elif opcode == _CLOSE and not self.closed.done():
                code = self._received[start : start + 2]
                self.closed.set_result(Closed(int.from_bytes(code, "big"), at))
                self._send(_CLOSE, code)
        self._received = self._received[place:]

    def _finish_handshake(self) -> None:
        head, blank, rest = self._received.partition(b"\r\n\r\n")
        if not blank:
            return
        self._received = rest
        if b" 101 " in head[:13]:
            self.opened.set_result(None)
        else:
            self.opened.set_exception(ConnectionError(f"the handshake was refused: {head[:80]!r}"))

    def send_text(self, text: bytes) -> None:
        self._send(_TEXT, text)

    def _send(self, opcode: int, payload: bytes) -> None:
        """Masked, as it has to be, with noughts: that changes nothing."""
        if self._transport is not None:
            self._transport.write(bytes((opcode,)) + _masked_length(len(payload)) + bytes(4) + payload)

    def read_no_more(self) -> None:
        """As somebody whose machine is suspended: the connection stands, and nobody is there."""
        assert self._transport is not None
        self._transport.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost.set_result(None)
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the server hung up during the handshake"))
        if not self.closed.done():
            self.closed.set_result(Closed(1006, time.perf_counter()))

    async def hang_up(self) -> None:
        assert self._transport is not None
        self._transport.abort()
        await self._lost


def _frame(received: bytes, place: int) -> tuple[int, int, int] | None:
    """Opcode, start and end of the payload that stands there, if all of it has come. RFC 6455 section 5.2, as far as a
    server sends it to us: whole and not masked."""
    if len(received) < place + 2:
        return None
    opcode, length, start = received[place], received[place + 1], place + 2
    if length > 125:
        start += 2 if length == 126 else 8
        length = int.from_bytes(received[place + 2 : start], "big")
    return (opcode, start, start + length) if len(received) >= start + length else None


def _masked_length(length: int) -> bytes:
    if length < 126:
        return bytes((0x80 | length,))
    return b"\xfe" + length.to_bytes(2, "big") if length < 65536 else b"\xff" + length.to_bytes(8, "big")


async def open_socket(port: int, path: str) -> Socket:
    _, socket = await asyncio.get_running_loop().create_connection(lambda: Socket(path), "127.0.0.1", port)
    await socket.opened
    return socket


async def open_sockets(port: int, paths: list[str]) -> list[Socket]:
    """All of them open, a few handshakes at a time."""
    turn = asyncio.Semaphore(_SHAKING_HANDS)

    async def one(path: str) -> Socket:
        async with turn:
            return await open_socket(port, path)

    return list(await asyncio.gather(*map(one, paths)))
