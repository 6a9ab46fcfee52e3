"""One deadline for each request: nobody waits longer for others' sake, and what is given up unsent stays unsent."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import pytest

from latchstring.errors import StoreUnavailable
from latchstring.ports import Row, Statement
from latchstring.stores import postgres, postgres_pool
from latchstring.stores.postgres_boarding import MOST
from latchstring.stores.postgres_line import Line
from latchstring.stores.postgres_pool import Deadline
from latchstring.stores.postgres_trips import FLIGHTS, SharedTrips
from tests.stores.postgres_house import ALL, ONE, THINGS, add, engine_on, put, raw, sleeping, until_one_sleeps, wire_to

pytestmark = pytest.mark.anyio
LONG = 3600.0
NAMES = [f"{number:03}" for number in range(FLIGHTS * MOST + 50)]


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_whoever_waits_behind_trips_that_hang_is_told_so_before_those_and_is_never_sent(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_pool, "ANSWER_SECONDS", LONG)
    async with wire_to(postgres_url) as (wire, through), engine_on(through, "?pool=3") as engine:
        await engine.write(THINGS, *map(put, NAMES))
        await asyncio.gather(*(engine.write(add(name, 0)) for name in NAMES))
        monkeypatch.setattr(postgres_pool, "WAIT_SECONDS", 0.1)
        wire.hang()
        asked = [asyncio.create_task(engine.write(add(name))) for name in NAMES]
        late = asked[FLIGHTS * MOST :]
        async with asyncio.timeout(20):
            outcomes = await asyncio.gather(*late, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
        assert not any(task.done() for task in asked[: FLIGHTS * MOST])
        wire.mend()
        assert await asyncio.gather(*asked[: FLIGHTS * MOST]) == [[[(1,)]]] * FLIGHTS * MOST
        assert sum(number for _, number in await engine.read(ALL)) == FLIGHTS * MOST


async def test_whoever_is_told_to_come_back_makes_room_in_the_queue(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with engine_on(postgres_url, "?pool=1", queue_limit=3) as engine, raw(postgres_url) as other:
        await engine.write(THINGS, put("a"))
        async with other.transaction():
            await other.execute("LOCK TABLE things")
            held = asyncio.create_task(engine.read(ALL))
            await asyncio.sleep(0)
            monkeypatch.setattr(postgres_pool, "WAIT_SECONDS", 0.1)
            flying = [asyncio.create_task(engine.write(add("a"))) for _ in range(FLIGHTS)]
            for _ in range(FLIGHTS):
                await asyncio.sleep(0)
            for _ in range(2):
                waiting = [engine.write(add("a")) for _ in range(3)]
                outcomes = await asyncio.gather(*waiting, *flying, return_exceptions=True)
                assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
            assert engine._trips is not None
            boarding = engine._trips._boarding
            assert (boarding.waiting, dict(boarding._seats)) == (0, {})
        assert await held == [("a", 0)]
        assert await engine.read(ALL) == [("a", 0)]


async def test_whoever_goes_away_before_it_is_sent_is_not_sent(postgres_url: str) -> None:
    async with engine_on(postgres_url, "?pool=1") as engine:
        await engine.write(THINGS, put("a"), put("b"))
        asleep = asyncio.create_task(engine.read(sleeping(0.5)))
        await until_one_sleeps(postgres_url)
        going, staying = (asyncio.create_task(engine.write(add(name))) for name in "ab")
        for _ in range(5):
            await asyncio.sleep(0)
        assert not asleep.done()
        going.cancel()
        await asyncio.wait((going, staying, asleep))
        assert await engine.read(ALL) == [("a", 0), ("b", 1)]


async def test_tries_against_rivals_have_the_time_of_one(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_pool, "ANSWER_SECONDS", LONG)
    tries: list[Line] = []

    async def work(line: Line) -> None:
        tries.append(line)
        if len(tries) == 1:
            raise asyncpg.DeadlockDetectedError
        await asyncio.Event().wait()

    async with engine_on(postgres_url, "?pool=1") as engine:
        with pytest.raises(StoreUnavailable):
            async with asyncio.timeout(20):
                await engine._pool.run(work, Deadline(now() + 10, now() + 0.1))
        assert len(tries) == 2
        assert await engine.read(ONE) == [(1,)]


async def test_a_connection_that_is_not_made_in_time_leaves_no_time_that_begins_anew(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for one that is free and making a new one have one time together."""
    async with wire_to(postgres_url) as (wire, through), engine_on(through, "?pool=2") as engine:
        asleep = asyncio.create_task(engine.read(sleeping(0.2)))
        await until_one_sleeps(postgres_url)
        wire.hang()
        monkeypatch.setattr(postgres_pool, "WAIT_SECONDS", 0.1)
        with pytest.raises(StoreUnavailable, match="in time"):
            await engine.read(ONE)
        wire.mend()
        await asleep


class _FailsTogetherAndHangsAlone:
    """A pool and its line, on which a batch fails for one of its own, and what is sent again gets no answer."""

    async def run(self, work: Callable[[Any], Awaitable[Any]], deadline: Deadline) -> Any:
        return await work(self)

    async def many(self, statements: Sequence[Statement]) -> list[list[Row]]:
        raise UnicodeError

    async def rows(self, statement: Statement) -> list[Row]:
        await asyncio.Event().wait()
        return []


async def test_those_that_are_sent_again_one_by_one_wait_no_longer_than_their_own_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres_pool, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(postgres_pool, "ANSWER_SECONDS", 0.1)
    pool: Any = _FailsTogetherAndHangsAlone()
    trips = SharedTrips(pool, queue_limit=100)
    async with asyncio.timeout(20):
        outcomes = await asyncio.gather(*(trips.write(put(name)) for name in "abcdef"), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
    for flight in trips._flights:
        flight.cancel()


async def test_stopping_waits_for_no_server_that_hangs(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_pool, "WAIT_SECONDS", LONG)
    monkeypatch.setattr(postgres_pool, "ANSWER_SECONDS", LONG)
    monkeypatch.setattr(postgres, "DRAIN_SECONDS", 0.1)
    async with wire_to(postgres_url) as (wire, through):
        engine = postgres.PostgresEngine(f"{through}?pool=2")
        await engine.start()
        await engine.write(THINGS, *map(put, NAMES))
        wire.hang()
        asked: list[asyncio.Task[list[Row] | list[list[Row]]]] = []
        for name in NAMES:
            asked += [asyncio.create_task(engine.write(add(name))), asyncio.create_task(engine.read(ONE))]
            asked.append(asyncio.create_task(engine.write(add(name, alone=False), add(name, alone=False))))
        await asyncio.sleep(0)
        async with asyncio.timeout(20):
            await engine.stop()
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
        wire.mend()
        await engine.start()
        assert len(await engine.read(ALL)) == len(NAMES)
        await engine.stop()
