"""Connections opened for a rush, on which nothing has been said since: what befalls one befalls the others."""

import asyncio
import socket

import pytest

from latchstring.errors import StoreUnavailable
from latchstring.ports import Statement
from latchstring.stores import postgres_pool
from latchstring.stores.postgres import PostgresEngine
from latchstring.stores.postgres_address import PostgresAddress
from latchstring.stores.postgres_line import Line
from tests.stores.postgres_house import (
    ALL,
    ONE,
    THINGS,
    add,
    engine_on,
    put,
    sleeping,
    until_connections,
    until_one_sleeps,
    wire_to,
)

pytestmark = pytest.mark.anyio


async def test_where_one_died_without_a_word_those_that_said_nothing_meanwhile_are_not_asked_either(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were opened for a rush, perhaps hours ago, and would fail whoever comes with the next one."""
    monkeypatch.setattr(postgres_pool, "ANSWER_SECONDS", 1.0)
    async with wire_to(postgres_url) as (wire, through), engine_on(through, "?pool=4") as engine:
        await four_at_once(engine)
        wire.drop_silently()
        with pytest.raises(StoreUnavailable):
            await engine.read(ONE)
        await four_at_once(engine)


async def four_at_once(engine: PostgresEngine) -> None:
    await asyncio.gather(*(engine.read(sleeping(0.1)) for _ in range(4)))


async def test_a_caller_that_goes_away_casts_no_doubt_on_the_connections_of_others(postgres_url: str) -> None:
    async with engine_on(postgres_url, "?pool=4") as engine:
        await four_at_once(engine)
        going = asyncio.create_task(engine.read(sleeping(60)))
        await until_one_sleeps(postgres_url)
        going.cancel()
        await asyncio.wait([going])
        await until_connections(postgres_url, 3)


async def test_the_system_looks_after_a_connection_on_which_nothing_is_said(postgres_url: str) -> None:
    """Or it would be found dead by whoever needs it."""
    line = await Line.open(PostgresAddress.from_url(postgres_url))
    held = line.raw._transport.get_extra_info("socket")
    assert held.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    idle, between, times = (
        held.getsockopt(socket.IPPROTO_TCP, option)
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    )
    assert idle + between * times <= 30
    line.drop()


async def test_where_one_connection_refuses_writes_the_idle_ones_are_replaced_too(postgres_url: str) -> None:
    async with engine_on(postgres_url, "?pool=3") as engine:
        await engine.write(THINGS, put("a"))
        demote = "SELECT set_config('default_transaction_read_only', 'on', false), CAST(pg_sleep(0.1) AS TEXT)"
        await asyncio.gather(*(engine.read(Statement(demote)) for _ in range(3)))
        with pytest.raises(StoreUnavailable):
            await engine.write(add("a"))
        both = (add("a", alone=False), sleeping(0.1))
        await asyncio.gather(*(engine.write(*both) for _ in range(3)))
        assert await engine.read(ALL) == [("a", 3)]
