"""The pool: bounded, patient for a while, and whole again after whatever befell a connection."""

import asyncio
from typing import Any

import pytest

from latchstring.errors import StoreUnavailable
from latchstring.ports import Statement
from latchstring.stores import postgres, postgres_pool
from latchstring.stores.postgres import PostgresEngine
from tests.stores.postgres_house import (
    ALL,
    ONE,
    THINGS,
    add,
    connections,
    drop_all,
    engine_on,
    put,
    raw,
    sleeping,
    until_connections,
)

pytestmark = pytest.mark.anyio
WHO = Statement("SELECT pg_backend_pid()")


async def every_connection_works(engine: PostgresEngine, number: int) -> bool:
    """As many as there are run at once, and each answers its own question."""
    slow = "SELECT :n, CAST(pg_sleep(0.05) AS TEXT)"
    answers = await asyncio.gather(*(engine.read(Statement(slow, {"n": n})) for n in range(number)))
    return [rows[0][0] for rows in answers] == list(range(number))


async def test_a_node_has_no_more_connections_than_its_address_says(postgres_url: str) -> None:
    async with engine_on(postgres_url, "?pool=3") as engine:
        assert await connections(postgres_url) == 1
        await asyncio.gather(*(engine.read(sleeping(0.02)) for _ in range(30)))
        assert await connections(postgres_url) == 3
    await until_connections(postgres_url, 0)


async def test_whoever_comes_one_after_the_other_is_given_the_same_connection(postgres_url: str) -> None:
    async with engine_on(postgres_url, "?pool=5") as engine:
        assert len({tuple(await engine.read(WHO)) for _ in range(20)}) == 1
        assert await connections(postgres_url) == 1


async def test_whoever_waits_too_long_for_a_connection_is_told_so(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_pool, "WAIT_SECONDS", 0.05)
    async with engine_on(postgres_url, "?pool=1") as engine, raw(postgres_url) as other:
        await engine.write(THINGS, put("a"))
        async with other.transaction():
            await other.execute("LOCK TABLE things")
            held = asyncio.create_task(engine.read(ALL))
            await asyncio.sleep(0)
            for late in (engine.read(ONE), engine.write(put("b")), engine.write(put("c"), add("a", alone=False))):
                with pytest.raises(StoreUnavailable):
                    await late
            assert not held.done()
        assert await held == [("a", 0)]
        assert await engine.read(ALL) == [("a", 0)]


async def test_a_full_queue_refuses_at_once(postgres_url: str) -> None:
    async with engine_on(postgres_url, "?pool=1", queue_limit=10) as engine:
        outcomes = await asyncio.gather(*(engine.read(ONE) for _ in range(25)), return_exceptions=True)
        assert sum(isinstance(outcome, StoreUnavailable) for outcome in outcomes) == 14
        assert outcomes.count([(1,)]) == 11
        assert await engine.read(ONE) == [(1,)]


async def test_a_connection_that_the_server_closed_is_replaced(postgres_url: str) -> None:
    async with engine_on(postgres_url, "?pool=3") as engine:
        for _ in range(3):
            assert await every_connection_works(engine, 3)
            await drop_all(postgres_url)
            # A connection whose end has not been noticed fails one caller, and no second one.
            outcomes = [await asyncio.gather(engine.read(ONE), return_exceptions=True) for _ in range(9)]
            assert sum(isinstance(outcome, StoreUnavailable) for [outcome] in outcomes) <= 3
        assert await every_connection_works(engine, 3)


async def test_what_is_under_way_when_the_connection_goes_is_unavailable(postgres_url: str) -> None:
    async with engine_on(postgres_url, "?pool=2") as engine:
        await engine.write(THINGS, put("a"))
        before = await connections(postgres_url)
        reading = asyncio.create_task(engine.read(sleeping(60)))
        writing = asyncio.create_task(engine.write(add("a", alone=False), sleeping(60)))
        await until_connections(postgres_url, before + 1)
        await drop_all(postgres_url)
        for task in (reading, writing):
            with pytest.raises(StoreUnavailable):
                await task
        assert await engine.read(ALL) == [("a", 0)]
        assert await every_connection_works(engine, 2)


@pytest.mark.parametrize("after", [0, 0.001, 0.005, 0.02])
async def test_a_caller_that_goes_away_harms_nobody_and_leaks_no_connection(postgres_url: str, after: float) -> None:
    async with engine_on(postgres_url, "?pool=3") as engine:
        await engine.write(THINGS, *(put(f"{n:02}") for n in range(20)))
        tasks: list[asyncio.Task[Any]] = []
        for n in range(20):
            single, name = Statement("SELECT :n, CAST(pg_sleep(0.01) AS TEXT)", {"n": n}), f"{n:02}"
            both = (add(name, alone=False), sleeping(0.01), add(name, alone=False))
            works = (engine.read(single), engine.write(add(name)), engine.write(*both))
            tasks += map(asyncio.ensure_future, works)
        await asyncio.sleep(after)
        for task in tasks[::2]:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(not isinstance(outcome, Exception) for outcome in outcomes)
        assert sum(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[1::2]) == 0
        assert await every_connection_works(engine, 3)
        # Nobody's half of a transaction: two in one, or one of its own, or none.
        for name, number in await engine.read(ALL):
            kept = [task for task in (1, 2) if not tasks[3 * int(name) + task].cancelled()]
            assert number >= (1 in kept) + 2 * (2 in kept)
            assert number <= 3
        assert engine._pool._free.qsize() == 3
        async with raw(postgres_url) as other:
            assert await other.fetchval("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'") == 0
    await until_connections(postgres_url, 0)


async def test_a_transaction_goes_to_its_end_though_nobody_waits_for_it(postgres_url: str) -> None:
    async with engine_on(postgres_url, "?pool=2") as engine:
        await engine.write(THINGS, put("a"))
        for number in range(1, 11):
            task = asyncio.create_task(engine.write(add("a", alone=False), sleeping(0.01), add("a", alone=False)))
            await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            # It holds the row, so this one comes after it.
            assert await engine.write(add("a", 0)) in ([[(2 * number - 2,)]], [[(2 * number,)]])
    async with engine_on(postgres_url) as engine:
        assert await engine.read(ALL) == [("a", 20)]


async def test_a_connection_that_is_left_in_a_transaction_is_given_to_nobody(postgres_url: str) -> None:
    async with engine_on(postgres_url, "?pool=1") as engine:
        await engine.write(THINGS)
        await engine._pool.run(lambda line: line.raw.execute("BEGIN"))
        await engine.write(put("a"))
        async with raw(postgres_url) as other:
            assert await other.fetchval("SELECT count(*) FROM things") == 1


async def test_stopping_finishes_what_was_asked_and_refuses_what_comes_later(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "DRAIN_SECONDS", 60.0)
    engine = PostgresEngine(f"{postgres_url}?pool=3")
    await engine.start()
    await engine.write(THINGS)
    asked = [asyncio.ensure_future(engine.write(put(f"{number:03}"))) for number in range(200)]
    asked += [
        asyncio.ensure_future(engine.write(put(f"x{number}"), add(f"x{number}", alone=False))) for number in range(20)
    ]
    await asyncio.sleep(0)
    await engine.stop()
    assert await asyncio.gather(*asked[:200]) == [[[(f"{number:03}",)]] for number in range(200)]
    assert await asyncio.gather(*asked[200:]) == [[[(f"x{number}",)], [(1,)]] for number in range(20)]
    await until_connections(postgres_url, 0)
    for late in (engine.write(put("late")), engine.read(ALL), engine.write(put("late"), put("later"))):
        with pytest.raises(StoreUnavailable):
            await late
    await engine.start()
    assert len(await engine.read(ALL)) == 220
    await engine.stop()
    await engine.stop()
