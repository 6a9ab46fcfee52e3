"""WebSockets on raw sockets, as many as it takes: a handshake, and then the moment and the code of the close."""

import asyncio
import time
from dataclasses import dataclass
from typing import cast

_CLOSE, _PING, _PONG = 0x88, 0x89, 0x8A
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
        while self.opened.done() and (frame := self._next_frame()):
            opcode, payload = frame
            if opcode == _PING:
                self._send(_PONG, payload)
            elif opcode == _CLOSE and not self.closed.done():
                self.closed.set_result(Closed(int.from_bytes(payload[:2], "big"), at))
                self._send(_CLOSE, payload[:2])

    def _finish_handshake(self) -> None:
        head, blank, rest = self._received.partition(b"\r\n\r\n")
        if not blank:
            return
        self._received = rest
        if b" 101 " in head[:13]:
            self.opened.set_result(None)
        else:
            self.opened.set_exception(ConnectionError(f"the handshake was refused: {head[:80]!r}"))

    def _next_frame(self) -> tuple[int, bytes] | None:
        """RFC 6455 section 5.2, as far as a server sends it to us: short, whole and not masked."""
        if len(self._received) < 2 or len(self._received) < (end := 2 + self._received[1]):
            return None
        opcode, payload, self._received = self._received[0], self._received[2:end], self._received[end:]
        return opcode, payload

    def _send(self, opcode: int, payload: bytes) -> None:
        """Masked, as it has to be, with noughts: that changes nothing."""
        if self._transport is not None:
            self._transport.write(bytes((opcode, 0x80 | len(payload), 0, 0, 0, 0)) + payload)

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
