"""A server that hangs, refuses writes, has no room, or makes two transactions wait for each other."""

import asyncio
import uuid
from urllib.parse import urlsplit, urlunsplit

import pytest

from latchstring.errors import StoreUnavailable
from latchstring.ports import Statement
from latchstring.stores import postgres_connecting, postgres_line, postgres_pool
from latchstring.stores.postgres import PostgresEngine
from tests.stores.postgres_house import (
    ALL,
    ONE,
    THINGS,
    add,
    drop_all,
    engine_on,
    put,
    raw,
    sleeping,
    until_one_sleeps,
    wire_to,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become tenths."""
    monkeypatch.setattr(postgres_pool, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(postgres_pool, "WAIT_SECONDS", 0.5)
    monkeypatch.setattr(postgres_connecting, "CONNECT_SECONDS", 0.5)


async def outcomes_of(engine: PostgresEngine, number: int = 4) -> list[object]:
    return await asyncio.gather(
        *(engine.read(ONE) for _ in range(number)),
        *(engine.write(add("a")) for _ in range(number)),
        *(engine.write(add("a", alone=False), add("a", alone=False)) for _ in range(number)),
        return_exceptions=True,
    )


def all_unavailable(outcomes: list[object]) -> bool:
    return {type(outcome) for outcome in outcomes} == {StoreUnavailable}


async def all_well(engine: PostgresEngine) -> bool:
    return not any(isinstance(outcome, BaseException) for outcome in await outcomes_of(engine))


async def test_a_server_that_hangs_is_unavailable_and_answers_again_when_it_does(
    postgres_url: str, hasty: None
) -> None:
    async with wire_to(postgres_url) as (wire, through), engine_on(through, "?pool=3") as engine:
        await engine.write(THINGS, put("a"))
        assert await all_well(engine)
        for _ in range(2):
            wire.hang()
            assert all_unavailable(await outcomes_of(engine))
            wire.mend()
            assert await all_well(engine)


async def test_connections_that_break_and_are_refused_are_unavailable_and_come_back(
    postgres_url: str, hasty: None
) -> None:
    async with wire_to(postgres_url) as (wire, through), engine_on(through, "?pool=3") as engine:
        await engine.write(THINGS, put("a"))
        wire.cut()
        assert all_unavailable(await outcomes_of(engine))
        wire.mend()
        assert await all_well(engine)


async def test_connections_that_die_without_a_word_are_given_up_and_replaced(postgres_url: str, hasty: None) -> None:
    async with wire_to(postgres_url) as (wire, through), engine_on(through, "?pool=3") as engine:
        await engine.write(THINGS, put("a"))
        assert await all_well(engine)
        wire.drop_silently()
        assert any(isinstance(outcome, StoreUnavailable) for outcome in await outcomes_of(engine))
        assert await all_well(engine)


async def test_a_commit_whose_answer_is_lost_is_unavailable_and_done_once(postgres_url: str, hasty: None) -> None:
    async with wire_to(postgres_url) as (wire, through), engine_on(through, "?pool=1") as engine:
        await engine.write(THINGS, put("a"))
        for alone in (True, False):
            [[(before,)]] = await engine.write(add("a", 0))
            wire.lose_answers()
            with pytest.raises(StoreUnavailable):
                await engine.write(add("a", alone=alone))
            wire.mend()
            # It was: whoever asks again has to be one who may.
            assert await engine.write(add("a", 0)) == [[(before + 1,)]]


async def test_a_server_that_takes_no_writes_is_unavailable_to_them_until_it_does(postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    async with engine_on(postgres_url, "?pool=2") as engine, raw(postgres_url) as other:
        await engine.write(THINGS, put("a"))
        await other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        await drop_all(postgres_url)
        # A server that takes no writes is not connected with at all: there may be another that does.
        for work in (engine.write(add("a")), engine.write(put("b"), put("c")), engine.read(ALL)):
            with pytest.raises(StoreUnavailable):
                await work
        await other.execute("SET default_transaction_read_only = off")
        await other.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        assert await engine.write(add("a")) == [[(1,)]]
        assert await engine.read(ALL) == [("a", 1)]


async def test_a_connection_on_which_writes_are_refused_is_replaced(postgres_url: str) -> None:
    """As after a failover, where the old primary goes on as a standby."""
    async with engine_on(postgres_url, "?pool=1") as engine:
        await engine.write(THINGS, put("a"))
        for work in ((add("a"),), (add("a", alone=False), add("a", alone=False))):
            await engine.read(Statement("SELECT set_config('default_transaction_read_only', 'on', false)"))
            with pytest.raises(StoreUnavailable):
                await engine.write(*work)
            await engine.write(*work)
        assert await engine.read(ALL) == [("a", 3)]


async def test_a_server_without_room_for_a_connection_is_unavailable_and_those_there_are_go_on(
    postgres_url: str,
) -> None:
    name, role = postgres_url.rpartition("/")[2], f"guest_{uuid.uuid4().hex}"
    as_guest = urlunsplit(
        (parts := urlsplit(postgres_url))._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}")
    )
    async with raw(postgres_url) as other:
        # No limit holds for the tests' own user, but it is counted.
        await other.execute(f"CREATE ROLE {role} LOGIN; ALTER DATABASE {name} CONNECTION LIMIT 3")
        async with engine_on(as_guest, "?pool=4") as engine:
            outcomes = await asyncio.gather(*(engine.read(sleeping(0.1)) for _ in range(4)), return_exceptions=True)
            assert sorted(type(outcome).__name__ for outcome in outcomes) == ["StoreUnavailable"] * 2 + ["list"] * 2
            assert await engine.read(ONE) == [(1,)]
            await other.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
            assert await asyncio.gather(*(engine.read(ONE) for _ in range(4))) == [[(1,)]] * 4
        await other.execute(f"DROP ROLE {role}")


async def test_two_that_wait_for_each_other_both_end(postgres_url: str) -> None:
    async with engine_on(postgres_url, "?pool=4") as engine:
        await engine.write(THINGS, put("a"), put("b"))
        slow = Statement("SELECT CAST(pg_sleep(0.1) AS TEXT)")
        one = engine.write(add("a", alone=False), slow, add("b", alone=False))
        two = engine.write(add("b", alone=False), slow, add("a", alone=False))
        await asyncio.gather(one, two)
        assert await engine.read(ALL) == [("a", 2), ("b", 2)]


async def test_a_row_that_is_held_for_too_long_is_unavailable_and_not_written_afterwards(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres_line._ON_THE_SERVER, "lock_timeout", "200")
    async with engine_on(postgres_url, "?pool=2") as engine, raw(postgres_url) as other:
        await engine.write(THINGS, put("a"), put("b"))
        async with other.transaction():
            await other.execute("UPDATE things SET number = 7 WHERE name = 'a'")
            for work in ((add("a"),), (add("b", alone=False), add("a", alone=False))):
                with pytest.raises(StoreUnavailable):
                    await engine.write(*work)
            assert await engine.write(add("b")) == [[(1,)]]
        assert await engine.write(add("a")) == [[(8,)]]


def test_the_server_gives_up_before_we_stop_waiting_for_it() -> None:
    on_the_server = {name: int(value) for name, value in postgres_line._ON_THE_SERVER.items() if value.isdecimal()}
    we_wait = 1000 * postgres_line.ANSWER_SECONDS
    assert on_the_server["lock_timeout"] < on_the_server["statement_timeout"] < we_wait


async def test_what_a_dead_client_left_open_is_rolled_back(postgres_url: str) -> None:
    """Whatever it held is free for the next one."""
    async with wire_to(postgres_url) as (wire, through), engine_on(through, "?pool=1") as engine:
        await engine.write(THINGS, put("a"))
        steps = (add("a", alone=False), sleeping(1), add("a", alone=False))
        holding = asyncio.create_task(engine.write(*steps))
        await until_one_sleeps(postgres_url)
        wire.reset()
        with pytest.raises(StoreUnavailable):
            await holding
        assert await engine.write(add("a")) == [[(1,)]]
