"""A node that is told to stop answers whoever had got through to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from chat import http_connection
from chat.draining import before_draining, drain_begins
from chat.http_connection import HttpConnection
from chat.listening import listen

pytestmark = pytest.mark.anyio

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nhost: here\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


class Draining:
    """A server that drains, and a connection to it that had asked nothing by then."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.port, self.reader, self.writer = port, reader, writer

    async def ask(self, request: bytes) -> bytes:
        """All that comes back until the connection ends."""
        self.writer.write(request)
        return await self.reader.read()


@asynccontextmanager
async def draining() -> AsyncIterator[Draining]:
    made, told = asyncio.Event(), asyncio.Event()

    class Watched(HttpConnection):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            made.set()

        def shutdown(self) -> None:
            super().shutdown()
            told.set()

    config = uvicorn.Config(answers, http=Watched, ws="wsproto", lifespan="off", log_config=None)
    server, [listening] = uvicorn.Server(config), listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    listening.listen()
    serving = asyncio.create_task(server.serve([listening]))
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await made.wait()
        server.should_exit = True
        await told.wait()
        yield Draining(port, reader, writer)
        await serving
    writer.close()


async def test_a_connection_that_came_just_before_is_answered_and_then_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "FIRST_REQUEST_SECONDS", 60)
    async with draining() as node:
        answer = await node.ask(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 204")
        assert b"connection: close" in answer
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", node.port)


async def test_one_that_asks_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "FIRST_REQUEST_SECONDS", 0.01)
    async with draining() as node:
        assert await node.ask(b"") == b""


async def test_no_socket_is_opened_on_a_node_that_drains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "FIRST_REQUEST_SECONDS", 60)
    async with draining() as node:
        assert (await node.ask(HANDSHAKE)).startswith(b"HTTP/1.1 500")


def test_what_goes_wrong_before_draining_is_logged_and_keeps_no_node_from_it(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fails() -> None:
        done.append("tried")
        raise ValueError

    drain_begins(before_draining(fails))
    drain_begins({})
    assert done == ["tried"]
    assert "not all was done before draining" in caplog.text
