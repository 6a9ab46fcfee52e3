"""Several hosts in an address: one that says nothing leaves the others their time, and no standby serves."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import pytest

from latchstring.errors import ConfigurationError, StoreUnavailable
from latchstring.stores import postgres_connecting
from latchstring.stores.postgres_address import PostgresAddress
from latchstring.stores.postgres_hosts import Host, Hosts, hosts_in
from latchstring.stores.postgres_line import Line
from tests.stores.postgres_house import ONE, engine_on, raw, wire_to

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("listed", "ports", "hosts"),
    [
        ("", "", []),
        ("one", "", [Host("one")]),
        ("one:5433,two", "", [Host("one", 5433), Host("two")]),
        ("one:5433,two", "5434", [Host("one", 5433), Host("two", 5434)]),
        ("one,two", "5433,5434", [Host("one", 5433), Host("two", 5434)]),
        ("[::1]:5433,[::2]", "", [Host("::1", 5433), Host("::2")]),
        ("%2Frun%2Fpg", "", [Host("/run/pg")]),
        ("/run/pg", "5433", [Host("/run/pg", 5433)]),
    ],
)
def test_hosts_are_read_as_the_driver_reads_them(listed: str, ports: str, hosts: list[Host]) -> None:
    assert hosts_in(listed, ports) == hosts


@pytest.mark.parametrize(
    ("listed", "ports"), [("one,", ""), ("one:x", ""), ("one:0", ""), ("[::1", ""), ("[::1]x", ""), ("one", "1,2")]
)
def test_what_is_no_list_of_hosts_is_refused(listed: str, ports: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - from_url says it with a sentence
        hosts_in(listed, ports)


def test_the_one_that_served_last_comes_first() -> None:
    one, two, three = hosts_in("one,two,three")
    hosts = Hosts([one, two, three])
    assert hosts.in_order() == [one, two, three]
    hosts.served(three)
    assert hosts.in_order() == [three, one, two]


@contextmanager
def silent_host() -> Iterator[tuple[str, socket.socket]]:
    """It takes connections, and never says a word: as one whose machine stands still, or is behind a broken line."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield f"127.0.0.1:{listening.getsockname()[1]}", listening


def times_called(listening: socket.socket) -> int:
    called = 0
    while True:
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return called
        called += 1


def before(url: str, *hosts: str) -> str:
    own = urlsplit(url).netloc.rpartition("@")[2]
    return url.replace(own, ",".join((*hosts, own)))


async def test_a_host_that_says_nothing_leaves_the_next_one_its_time_and_is_not_asked_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connecting, "CONNECT_SECONDS", 2.0)
    with silent_host() as (first, heard_first), silent_host() as (second, heard_second):
        async with engine_on(before(postgres_url, first, second), "?pool=2") as engine:
            assert await engine.read(ONE) == [(1,)]
            assert (times_called(heard_first), times_called(heard_second)) == (1, 1)
            line = await Line.open(engine.address)
            line.drop()
            assert times_called(heard_first) == 0


async def test_where_the_one_that_served_last_says_nothing_the_others_are_asked(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connecting, "CONNECT_SECONDS", 2.0)
    async with wire_to(postgres_url) as (wire, through):
        address = PostgresAddress.from_url(before(postgres_url, urlsplit(through).netloc.rpartition("@")[2]))
        for _ in range(2):
            (await Line.open(address)).drop()
        assert wire.counters.accepted == 2
        wire.hang()
        (await Line.open(address)).drop()
        (await Line.open(address)).drop()
        assert wire.counters.accepted == 3


async def test_where_all_say_nothing_it_is_over_when_their_time_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_connecting, "CONNECT_SECONDS", 2.0)
    with silent_host() as (first, heard_first), silent_host() as (second, heard_second):
        with pytest.raises(StoreUnavailable, match=r"TimeoutError; .*TimeoutError"):
            await Line.open(PostgresAddress.from_url(f"postgresql://u@{first},{second}/db"))
        assert (times_called(heard_first), times_called(heard_second)) == (1, 1)


async def test_a_host_that_takes_no_writes_is_passed_over(postgres_url: str) -> None:
    """It is the same server here, which one database makes look like a standby."""
    name = postgres_url.rpartition("/")[2]
    own = urlsplit(postgres_url).netloc.rpartition("@")[2]
    async with raw(postgres_url) as other:
        await other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        with pytest.raises(StoreUnavailable, match=r"TargetServerAttributeNotMatched; .*TargetServerAttribute"):
            await Line.open(PostgresAddress.from_url(before(postgres_url, own)))
        await other.execute("SET default_transaction_read_only = off")
        await other.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


WITHOUT_THE_DATABASE, STARTING_UP = "3D000", "57P03"


@asynccontextmanager
async def refusing_host(state: str) -> AsyncIterator[str]:
    """It hears everybody out, and lets nobody in, with this SQLSTATE."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readexactly(8) == b"\0\0\0\x08\x04\xd2\x16\x2f":
            # No TLS here.
            writer.write(b"N")
            await reader.read(1)
        fields = f"SFATAL\0VFATAL\0C{state}\0Mcanary\0\0".encode()
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_host_that_does_not_let_us_in_is_passed_over_as_long_as_another_does(postgres_url: str) -> None:
    """One that was made a moment ago, and is no copy of the primary yet."""
    async with refusing_host(WITHOUT_THE_DATABASE) as first, engine_on(before(postgres_url, first)) as engine:
        assert await engine.read(ONE) == [(1,)]


async def test_only_where_no_host_lets_us_in_the_operator_has_to_act() -> None:
    async with refusing_host(WITHOUT_THE_DATABASE) as first, refusing_host(WITHOUT_THE_DATABASE) as second:
        with pytest.raises(ConfigurationError, match=r"does not let us in \(InvalidCatalogNameError\)") as trouble:
            await Line.open(PostgresAddress.from_url(f"postgresql://u@{first},{second}/db"))
        assert "canary" not in str(trouble.value)
    # The second may be the one, in a minute.
    async with refusing_host(WITHOUT_THE_DATABASE) as first, refusing_host(STARTING_UP) as second:
        with pytest.raises(StoreUnavailable, match=r"InvalidCatalogNameError; .*CannotConnectNowError"):
            await Line.open(PostgresAddress.from_url(f"postgresql://u@{first},{second}/db"))
