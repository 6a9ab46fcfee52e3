"""A small HTTP/1.1 client on raw sockets: one request at a time on each connection, and the time each answer came."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Answer:
    """`at` is when its last byte came, in seconds of time.perf_counter."""

    status: int
    body: bytes
    at: float


class HttpClient(asyncio.Protocol):
    """One kept connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._waiting: asyncio.Future[Answer] | None = None
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's own.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        at = time.perf_counter()
        self._received += data
        head, blank, rest = self._received.partition(b"\r\n\r\n")
        if not blank or len(rest) < (length := _content_length(head)) or self._waiting is None:
            return
        self._received = rest[length:]
        answer, self._waiting = self._waiting, None
        if not answer.done():
            answer.set_result(Answer(int(head[9:12]), rest[:length], at))

    def connection_lost(self, error: Exception | None) -> None:
        self._lost.set_result(None)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server hung up before it had answered"))

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiting

    async def close(self) -> None:
        assert self._transport is not None
        self._transport.close()
        await self._lost


@asynccontextmanager
async def connected(port: int, count: int) -> AsyncIterator[list[HttpClient]]:
    loop = asyncio.get_running_loop()
    clients = [(await loop.create_connection(HttpClient, "127.0.0.1", port))[1] for _ in range(count)]
    try:
        yield clients
    finally:
        for client in clients:
            await client.close()


def request(method: str, path: str, *, token: str | None = None, body: Mapping[str, Any] | None = None) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "accept: */*", "user-agent: bench"]
    if token is not None:
        lines.append(f"authorization: Bearer {token}")
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        lines += ["content-type: application/json", f"content-length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


@dataclass(frozen=True, slots=True)
class Pace:
    answers: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


async def pace(clients: Sequence[HttpClient], requests: Iterable[bytes], *, status: int) -> Pace:
    """How fast answers come, each connection asking again as soon as it is answered, until there are no more requests.

    Raises RuntimeError for an answer with another status: an error is quickly made, and no result.
    """
    shared = iter(requests)
    began = time.perf_counter()
    counts = await asyncio.gather(*(_ask_them(client, shared, status) for client in clients))
    return Pace(sum(counts), time.perf_counter() - began)


def for_seconds(seconds: float, requests: Sequence[bytes]) -> Iterator[bytes]:
    """The same requests again and again, for so long from the first on: there is always a first."""
    ends = time.perf_counter() + seconds
    yield from itertools.takewhile(lambda _: time.perf_counter() < ends, itertools.cycle(requests))


async def _ask_them(client: HttpClient, requests: Iterable[bytes], status: int) -> int:
    answered = 0
    for one in requests:
        check(await client.ask(one), status)
        answered += 1
    return answered


def check(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise RuntimeError(f"{status} was to be measured, and it was {answer.status}: {answer.body[:200]!r}")
    return answer


async def latencies(
    clients: Sequence[HttpClient], ask: bytes, *, each_second: float, seconds: float, status: int
) -> list[float]:
    """Milliseconds from when each request was due to its answer, so that one that had to wait counts in full."""
    began, taken, free = time.perf_counter(), [], asyncio.Queue[HttpClient]()
    for client in clients:
        free.put_nowait(client)

    async def one(due: float) -> None:
        client = await free.get()
        taken.append(1000 * (check(await client.ask(ask), status).at - due))
        free.put_nowait(client)

    async with asyncio.TaskGroup() as group:
        for number in range(int(each_second * seconds)):
            due = began + number / each_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            # A sleep may be over some tenths of a millisecond too early.
            group.create_task(one(min(due, time.perf_counter())))
    return taken


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0
