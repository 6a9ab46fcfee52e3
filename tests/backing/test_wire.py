"""The wire: what each end of a connection sees when somebody has a hand on it."""

import asyncio
import socket
import struct
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import pytest
import redis.exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from tests.backing.process import HeldPort
from tests.backing.wire import Wire
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio


@dataclass
class Echo:
    """Says what it hears, and notes how its connections end."""

    port: int = 0
    heard: bytes = b""
    endings: list[str] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while piece := await reader.read(65536):
                self.heard += piece
                writer.write(piece)
                await writer.drain()
            self.endings.append("closed")
        except ConnectionResetError:
            self.endings.append("reset")
        writer.close()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    echo = Echo()
    server = await asyncio.start_server(echo.answer, "127.0.0.1", 0)
    echo.port = server.sockets[0].getsockname()[1]
    yield echo
    server.close()
    for writer in echo.writers:
        writer.transport.abort()


@pytest.fixture
async def wire(echo: Echo) -> AsyncIterator[Wire]:
    async with Wire("127.0.0.1", echo.port) as wire:
        yield wire


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, text: bytes) -> bytes:
        self.writer.write(text)
        return await self.reader.readexactly(len(text))

    async def ending(self) -> str:
        try:
            return "closed" if await self.reader.read() == b"" else "more was said"
        except ConnectionResetError:
            return "reset"


@asynccontextmanager
async def client_of(wire: Wire) -> AsyncIterator[Client]:
    """One that is through to the other end."""
    client = Client(*await asyncio.open_connection("127.0.0.1", wire.port))
    try:
        assert await client.ask(b"hello") == b"hello"
        yield client
    finally:
        client.writer.transport.abort()


async def test_all_that_is_said_passes_though_one_end_has_finished_speaking(wire: Wire) -> None:
    async with client_of(wire) as client:
        said = bytes(range(256)) * 4000
        client.writer.write(said)
        client.writer.write_eof()
        assert await client.reader.read() == said
        assert (wire.counters.asked, wire.counters.answered) == (len(said) + 5, len(said) + 5)
    await until(lambda: wire.counters.open == 0)
    assert wire.counters.accepted == 1


async def test_a_cut_resets_both_ends_and_refuses_who_comes_until_it_is_mended(wire: Wire, echo: Echo) -> None:
    async with client_of(wire) as client:
        wire.cut()
        assert await client.ending() == "reset"
        await until(lambda: echo.endings == ["reset"])
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", wire.port)
    wire.mend()
    async with client_of(wire):
        # Both at once, with nothing between them.
        wire.cut()
        wire.mend()
        async with client_of(wire) as client:
            assert await client.ask(b"again") == b"again"


async def test_a_wire_that_hangs_holds_everything_and_tells_nobody(wire: Wire, echo: Echo) -> None:
    async with client_of(wire) as leaving, client_of(wire) as asking:
        wire.hang()
        # Without a word: its end is all that there is to hold.
        leaving.writer.write_eof()
        asking.writer.write(b"one")
        coming = Client(*await asyncio.open_connection("127.0.0.1", wire.port))
        coming.writer.write(b"two")
        await until(lambda: wire.counters.held == 3)
        assert (echo.heard, echo.endings) == (b"hello" * 2, [])
        asking.writer.write(b", and more")
        wire.mend()
        assert await asking.reader.readexactly(13) == b"one, and more"
        assert await coming.reader.readexactly(3) == b"two"
        assert await leaving.ending() == "closed"
        assert echo.endings == ["closed"]
        coming.writer.transport.abort()


async def test_who_waits_while_the_wire_hangs_can_be_cut_off(wire: Wire) -> None:
    wire.hang()
    client = Client(*await asyncio.open_connection("127.0.0.1", wire.port))
    await until(lambda: wire.counters.held == 1)
    wire.cut()
    assert await client.ending() == "reset"
    client.writer.transport.abort()


async def test_a_delay_holds_up_the_question_and_the_answer(wire: Wire) -> None:
    async with client_of(wire) as client:
        wire.delay(0.05)
        began = asyncio.get_running_loop().time()
        assert await client.ask(b"slow") == b"slow"
        assert asyncio.get_running_loop().time() - began >= 0.099


def leave(writer: asyncio.StreamWriter, how: str) -> None:
    if how == "reset":
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_ends_of_a_dead_connection_learn_nothing_of_each_other(wire: Wire, echo: Echo, how: str) -> None:
    async with client_of(wire) as leaving, client_of(wire) as left:
        wire.drop_silently()
        left.writer.write(b"is anybody there?")
        await until(lambda: wire.counters.swallowed == 17)
        waiting = asyncio.create_task(left.ending())
        leave(leaving.writer, how)
        leave(echo.writers[1], how)
        async with client_of(wire) as fresh:
            assert await fresh.ask(b"new ones work") == b"new ones work"
        # The one that it has left itself, and that of the fresh one: of the first it knows nothing.
        await until(lambda: len(echo.endings) == 2 and wire.counters.open == 2)
        assert not waiting.done()
        assert echo.heard == b"hello" * 3 + b"new ones work"
        wire.mend()
        assert not waiting.done()
        wire.reset()
        assert await waiting == "reset"
        await until(lambda: echo.endings[2:] == ["reset"])


async def test_a_question_whose_answer_is_lost_was_heard(wire: Wire, echo: Echo) -> None:
    async with client_of(wire) as client:
        wire.lose_answers()
        client.writer.write(b"do it")
        assert await client.ending() == "reset"
    assert echo.heard == b"hellodo it"
    assert wire.counters.lost == 1
    wire.mend()
    async with client_of(wire):
        pass


async def test_a_wire_to_a_server_that_is_down_resets_who_comes(wire: Wire, echo: Echo) -> None:
    nobody = HeldPort()
    wire.lead_to("127.0.0.1", nobody.number)
    client = Client(*await asyncio.open_connection("127.0.0.1", wire.port))
    assert await client.ending() == "reset"
    client.writer.transport.abort()
    nobody.release()
    wire.lead_to("127.0.0.1", echo.port)
    async with client_of(wire):
        pass


@pytest.mark.parametrize(
    ("url", "through"),
    [
        ("postgresql://postgres@127.0.0.1:5432/db?x=1", "postgresql://postgres@127.0.0.1:{}/db?x=1"),
        ("redis://:word@host/3", "redis://:word@127.0.0.1:{}/3"),
        ("redis://host:6379", "redis://127.0.0.1:{}"),
    ],
)
async def test_an_address_by_way_of_the_wire_differs_in_host_and_port_alone(wire: Wire, url: str, through: str) -> None:
    assert wire.through(url) == through.format(wire.port)


async def test_a_commit_whose_outcome_is_unknown_was_one(postgres_url: str) -> None:
    async with Wire.to(postgres_url) as wire:
        there, by_wire = await asyncpg.connect(postgres_url), await asyncpg.connect(wire.through(postgres_url))
        await there.execute("CREATE TABLE things (name TEXT)")
        await by_wire.execute("BEGIN")
        await by_wire.execute("INSERT INTO things VALUES ('one')")
        wire.lose_answers()
        with pytest.raises((asyncpg.PostgresConnectionError, ConnectionResetError)):
            await by_wire.execute("COMMIT")
        assert await there.fetchval("SELECT count(*) FROM things") == 1
        by_wire.terminate()
        await there.close()


async def test_valkey_has_counted_what_nobody_was_told(redis_url: str) -> None:
    name = f"latchstring-test-{uuid.uuid4().hex}"
    async with Wire.to(redis_url) as wire, Redis.from_url(redis_url) as there:
        async with Redis.from_url(wire.through(redis_url), retry=Retry(NoBackoff(), 0)) as by_wire:
            assert await by_wire.incr(name) == 1
            wire.lose_answers()
            with pytest.raises(redis.exceptions.ConnectionError):
                await by_wire.incr(name)
        assert await there.getdel(name) == b"2"
