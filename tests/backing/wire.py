"""Somebody's hand on the line between a client and PostgreSQL or Valkey. It is TCP: what is said there is not read.

    async with Wire.to(postgres_url) as wire:
        connection = await asyncpg.connect(wire.through(postgres_url))
        wire.hang()

All of it takes effect at once, and `mend` takes it back. One thing it cannot do: the system acknowledges every byte on
behalf of whoever hangs or is dead, so TCP's own keep-alives notice nothing; those of the protocol above it have to.
"""

import asyncio
import socket
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

from tests.backing.line import Hand, Line
from tests.backing.process import HeldPort

_USUAL_PORTS = {"postgresql": 5432, "redis": 6379}


class Wire:
    def __init__(self, upstream_host: str, upstream_port: int) -> None:
        self._hand = Hand((upstream_host, upstream_port))
        self._hand.flows.set()
        self._lines: set[Line] = set()
        self._held_port = HeldPort()
        self._listening: socket.socket | None = None
        self.port = self._held_port.number
        self.counters = self._hand.counters

    @classmethod
    def to(cls, url: str) -> "Wire":
        """To the server at a postgresql:// or redis:// address."""
        parts = urlsplit(url)
        return cls(parts.hostname or "127.0.0.1", parts.port or _USUAL_PORTS[parts.scheme])

    async def __aenter__(self) -> "Wire":
        self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        self.cut()
        self._held_port.release()
        await asyncio.gather(*(line.over() for line in self._lines))

    def through(self, url: str) -> str:
        """The same address by way of this wire."""
        parts = urlsplit(url)
        user, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{self.port}"))

    def lead_to(self, host: str, port: int) -> None:
        """New connections go there, as after a fail-over. With `reset`, so do those that are there."""
        self._hand.upstream = (host, port)

    def cut(self) -> None:
        """Connections are reset, and new ones refused."""
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None
        self.reset()

    def reset(self) -> None:
        """Connections are reset; new ones are welcome."""
        for line in self._lines:
            line.reset()

    def hang(self) -> None:
        """Nothing passes, and nobody is told: neither bytes, nor the end of a connection. New ones are accepted, and
        come no further."""
        self._hand.flows.clear()

    def delay(self, seconds: float) -> None:
        """Each piece is that much later, on each way; a question with its answer twice that."""
        self._hand.delay = seconds

    def drop_silently(self) -> None:
        """The connections of now are dead for good, and neither end is told, whatever the other does. New ones work."""
        for line in self._lines:
            line.die_silently()

    def lose_answers(self) -> None:
        """What is asked is done; the answer is swallowed, and then the connection is reset. Whoever asked for a commit
        does not know what has become of it."""
        self._hand.loses_answers = True

    def mend(self) -> None:
        """What was held passes now, in its order. Connections that were reset or dropped stay so."""
        self._hand.loses_answers = False
        self._hand.delay = 0.0
        self._hand.flows.set()
        self._listen()

    def _listen(self) -> None:
        if self._listening is not None:
            return
        self._listening = socket.socket()
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.setblocking(False)
        self._listening.bind(("127.0.0.1", self.port))
        self._listening.listen(128)
        asyncio.get_running_loop().add_reader(self._listening, self._accept, self._listening)

    def _accept(self, listening: socket.socket) -> None:
        try:
            near, _ = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            # Gone before we looked.
            return
        near.setblocking(False)
        line = Line(near, self._hand)
        self._lines.add(line)
        self.counters.accepted += 1
        self.counters.open += 1
        line.when_over(self._forget)

    def _forget(self, line: Line) -> None:
        self._lines.discard(line)
        self.counters.open -= 1
