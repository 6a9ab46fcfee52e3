"""A line of TCP between one node and one server behind it, with somebody's hand on it."""

import asyncio
import contextlib
from dataclasses import dataclass


@dataclass(eq=False)
class Line:
    """One connection that passes. A dead one swallows everything, and nobody is told."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    is_dead: bool = False

    def abort(self) -> None:
        self.near.transport.abort()
        self.far.transport.abort()


class Wire:
    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.port = 0
        self.delay = 0.0
        self.is_cut = False
        self.loses_answers = False
        self.lost = 0
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: set[Line] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.drop_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Connections break, and new ones are refused."""
        self.is_cut = True
        self.drop_all()

    def hang(self) -> None:
        """Everything waits: bytes on their way, and connections that begin."""
        self._flows.clear()

    def deafen(self) -> None:
        """Connections that are there die without a word; new ones are all right."""
        for line in self._lines:
            line.is_dead = True

    def heal(self) -> None:
        self.is_cut = self.loses_answers = False
        self.delay = 0.0
        self._flows.set()

    def drop_all(self) -> None:
        for line in self._lines:
            line.abort()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._accept(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            try:
                await self._flows.wait()
                if not self.is_cut:
                    await self._join(reader, writer)
            finally:
                writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, far = await asyncio.open_connection("127.0.0.1", self.upstream)
        line = Line(writer, far)
        self._lines.add(line)
        both = [
            asyncio.create_task(self._pass(line, reader, far, is_answer=False)),
            asyncio.create_task(self._pass(line, back, writer, is_answer=True)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._lines.discard(line)
            line.abort()
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _pass(
        self, line: Line, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        while part := await source.read(65536):
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._flows.wait()
            if line.is_dead:
                continue
            if is_answer and self.loses_answers:
                # It was done, and nobody learns of it.
                self.lost += 1
                return
            target.write(part)
            await target.drain()
