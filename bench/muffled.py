"""A wire to PostgreSQL on which every NOTIFY is lost: whoever listens there looks connected, and hears nothing."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

_NOTIFICATION, _HEAD = b"A", 5
"""A message of PostgreSQL's protocol: one letter, and four bytes of length, which count themselves."""


@contextlib.contextmanager
def muffled(upstream: int) -> Iterator[int]:
    """The port of the wire, which has a thread and a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(_listen(upstream), loop).result()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(upstream: int) -> asyncio.Server:
    lines: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(_pass(reader, writer, upstream))
        lines.add(line)
        line.add_done_callback(lines.discard)

    return await asyncio.start_server(begin, "127.0.0.1", 0)


async def _stop(server: asyncio.Server) -> None:
    server.close()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upstream: int) -> None:
    far_reader, far = await asyncio.open_connection("127.0.0.1", upstream)
    try:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            # The first answer is one letter, where encryption was asked for, and no message yet.
            writer.write(await _first(reader, far, far_reader))
            ways = asyncio.create_task(_copy(reader, far)), asyncio.create_task(_answers(far_reader, writer))
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
    finally:
        writer.transport.abort()
        far.transport.abort()


async def _first(reader: asyncio.StreamReader, far: asyncio.StreamWriter, far_reader: asyncio.StreamReader) -> bytes:
    asked = await reader.readexactly(8)
    far.write(asked)
    asks_for_encryption = asked == b"\0\0\0\x08\x04\xd2\x16\x2f"
    return await far_reader.readexactly(1) if asks_for_encryption else b""


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(65536):
        writer.write(part)
        await writer.drain()


async def _answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head = await reader.readexactly(_HEAD)
        rest = await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
        if head[:1] != _NOTIFICATION:
            writer.write(head + rest)
            await writer.drain()
