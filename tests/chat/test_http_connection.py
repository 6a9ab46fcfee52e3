"""What is no request is refused in our shape, and nobody is waited for without an end."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chat import http_connection
from chat.http_connection import HttpConnection
from tests.chat.test_draining import HANDSHAKE

pytestmark = pytest.mark.anyio

WHOLE = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        return
    await Response(await Request(scope, receive).body())(scope, receive, send)


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(echo, http=HttpConnection, ws="wsproto", lifespan="off", log_config=None)
    config.load()
    loop = asyncio.get_running_loop()
    state = uvicorn.server.ServerState()
    server = await loop.create_server(lambda: HttpConnection(config, state, {}), "127.0.0.1", 0)
    async with asyncio.timeout(20), server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        yield reader, writer
        writer.close()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"FOO / HTTP/1.1\r\nhost: here\r\n\r\n",
        b"get / HTTP/1.1\r\nhost: here\r\n\r\n",
        b"GET /\xff\x00 HTTP/1.1\r\nhost: here\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: nine\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)
async def test_what_is_no_request_is_refused_in_the_one_error_shape(nonsense: bytes) -> None:
    async with connected() as (reader, writer):
        writer.write(nonsense)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        assert lines[0] == b"HTTP/1.1 400 Bad Request"
        assert {b"content-type: application/json", b"cache-control: no-store", b"connection: close"} <= set(lines)
        assert b"content-length: %d" % len(body) in lines
        assert json.loads(body)["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("half", [b"", b"GET / HT", WHOLE[:-2], b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf"])
async def test_a_request_that_does_not_come_whole_is_not_waited_for(
    half: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "REQUEST_SECONDS", 0.05)
    async with connected() as (reader, writer):
        writer.write(half)
        assert await reader.read() == b""


async def test_the_second_request_of_a_connection_has_to_come_whole_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected() as (reader, writer):
        writer.write(WHOLE)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        monkeypatch.setattr(http_connection, "REQUEST_SECONDS", 0.05)
        writer.write(WHOLE[:-2])
        assert await reader.read() == b""


async def test_what_came_whole_may_take_longer_to_answer_and_a_socket_stays_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_connection, "REQUEST_SECONDS", 0.05)
    async with connected() as (reader, writer):
        writer.write(WHOLE)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(0.2)
        writer.write(WHOLE)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    async with connected() as (reader, writer):
        writer.write(HANDSHAKE)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(), 0.3)


@pytest.mark.parametrize(
    ("begin", "again"),
    [
        (b"GET / HTTP/1.1\r\nhost: here\r\nx: ", b"a" * 1024),
        (b"GET / HTTP/1.1\r\nhost: here\r\n", b"x: " + b"a" * 1020 + b"\r\n"),
        (b"GET /", b"a" * 1024),
        (b"POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ", b"a" * 1024),
        (b"POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"x: " + b"a" * 1020 + b"\r\n"),
    ],
    ids=["one header", "many headers", "an address", "one trailer", "many trailers"],
)
async def test_a_head_without_an_end_is_not_kept(begin: bytes, again: bytes) -> None:
    async with connected() as (reader, writer):
        writer.write(begin)
        sent = 0
        # What comes behind the refusal is not read any more: that is a reset, which may overtake the refusal.
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(again)
                await writer.drain()
                sent += len(again)
                await asyncio.sleep(0)
        assert http_connection.HEAD_BYTES / 2 < sent < 200 * http_connection.HEAD_BYTES


async def test_a_long_head_that_is_whole_and_a_long_body_are_taken() -> None:
    async with connected() as (reader, writer):
        long = b"x: " + b"a" * 30_000 + b"\r\n"
        for _ in range(3):
            writer.write(WHOLE[:-2] + 2 * long + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
        body = b"b" * (3 * http_connection.HEAD_BYTES)
        writer.write(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(len(body)) == body
        writer.write(WHOLE[:-2] + 3 * long + b"\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400 Bad Request")
