"""Handshakes with bytes that are no text: refused as what they are, and nothing of it is a fault of the server's."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.chat.process import registered, running

pytestmark = pytest.mark.anyio

ODD = [
    b"Sec-WebSocket-Protocol: \xe9",
    b"Sec-WebSocket-Extensions: \xff\xfe",
    b"Sec-WebSocket-Protocol: phoenix, \xc3\x28",
]


async def test_a_handshake_with_headers_that_are_no_text_is_answered_with_400(tmp_path: Path) -> None:
    async with running("serve-api", folder=tmp_path) as (process, api):
        port = urlsplit(api).port
        assert port
        token = (await registered(api)).encode()
        for header in ODD:
            for query in (b"", b"&token=" + token):
                assert await status_of(port, query, header) == b"400"
        process.terminate()
        written, _ = await asyncio.to_thread(process.communicate)
        assert "Traceback" not in written


async def status_of(port: int, query: bytes, header: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(
            b"GET /socket/websocket?vsn=2.0.0" + query + b" HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            + header
            + b"\r\n\r\n"
        )
        async with asyncio.timeout(20):
            return (await reader.readline()).split()[1]
    finally:
        writer.close()
        await writer.wait_closed()
