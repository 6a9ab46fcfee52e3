"""Somebody on the line: passes HTTP on, remembers what was asked, and loses or holds answers when told to.

An answer is lost *after* the server has given it: what it wrote is written, and the client never learns of it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Heard:
    """One request."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)


class Held:
    """Answers that wait. `come` is set when the first one has come from the server."""

    def __init__(self) -> None:
        self.come = asyncio.Event()
        self._let_go = asyncio.Event()

    def release(self) -> None:
        self._let_go.set()

    async def wait(self) -> None:
        self.come.set()
        await self._let_go.wait()


class Middleman:
    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()
        self._losing: Counter[str] = Counter()
        self._holding: dict[str, Held] = {}
        self.heard: list[Heard] = []
        self.lost = 0
        self.pages: dict[str, bytes] = {}
        """HTML of the test's own, by its path on this origin; the server is not asked for it."""
        self.when_forwarded: Callable[[Heard], None] = lambda heard: None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def asked(self, *paths: str) -> list[Heard]:
        return [heard for heard in self.heard if heard.path in paths]

    @contextmanager
    def losing(self, path: str) -> Iterator[None]:
        """Every answer of this path is lost. A browser asks again by itself where a kept connection breaks, so losing
        just one would often be noticed by nobody."""
        self._losing[path] += 1
        try:
            yield
        finally:
            self._losing[path] -= 1

    @asynccontextmanager
    async def holding(self, path: str) -> AsyncIterator[Held]:
        held = self._holding[path] = Held()
        try:
            yield held
        finally:
            held.release()
            del self._holding[path]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        assert line is not None
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)
        with suppress(OSError, asyncio.IncompleteReadError):
            try:
                await self._serve(reader, writer)
            finally:
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        try:
            while request := await _message(reader):
                heard = _heard(request)
                self.heard.append(heard)
                if heard.path in self.pages:
                    writer.write(_page(self.pages[heard.path]))
                    continue
                back_writer.write(request)
                self.when_forwarded(heard)
                answer = await _message(back_reader, bodiless=heard.method == "HEAD")
                if not answer or await self._is_lost(heard):
                    return
                writer.write(answer)
                await writer.drain()
                if answer.split(b" ", 2)[1] == b"101":
                    await _both_ways((reader, back_writer), (back_reader, writer))
                    return
        finally:
            back_writer.close()

    async def _is_lost(self, heard: Heard) -> bool:
        if heard.path in self._holding:
            await self._holding[heard.path].wait()
        if not self._losing[heard.path]:
            return False
        self.lost += 1
        return True


def _page(html: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(html), html)


async def _message(reader: asyncio.StreamReader, *, bodiless: bool = False) -> bytes:
    """One whole request or answer; nothing at the end of the line."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    status = head.split(b" ", 2)[1]
    headers = _headers(head)
    if bodiless or status in (b"101", b"204", b"304"):
        return head
    if headers.get("transfer-encoding") == "chunked":
        return head + await _chunks(reader)
    return head + await reader.readexactly(int(headers.get("content-length", "0")))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = await reader.readline()
        body += size + await reader.readexactly(int(size, 16) + 2)
        if int(size, 16) == 0:
            return body


def _heard(request: bytes) -> Heard:
    method, target, _ = request.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    return Heard(method, target.partition("?")[0], _headers(request))


def _headers(message: bytes) -> dict[str, str]:
    lines = message.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


async def _both_ways(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()

    tasks = [asyncio.create_task(pipe(*way)) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
