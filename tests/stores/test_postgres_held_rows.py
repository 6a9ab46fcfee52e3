"""Somebody holds a row and does not let go: whoever wants that one waits, and nobody else does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from latchstring.errors import StoreUnavailable
from latchstring.ports import Row, Statement
from latchstring.stores import postgres_line, postgres_pool
from latchstring.stores.postgres_pool import Deadline
from latchstring.stores.postgres_trips import FLIGHTS, SharedTrips
from tests.stores.postgres_house import ALL, THINGS, add, engine_on, put, raw
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio
NAMES = [f"{number:03}" for number in range(40)]


@asynccontextmanager
async def somebody_holds(url: str, *names: str) -> AsyncIterator[None]:
    async with raw(url) as other, other.transaction():
        await other.execute("SELECT name FROM things WHERE name = ANY ($1) FOR UPDATE", names)
        yield


async def until_one_waits(url: str) -> None:
    async def there_is_one() -> bool:
        async with raw(url) as other:
            return bool(await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

    await until(there_is_one)


@pytest.mark.parametrize("held", [["005"], ["000"], ["039"], ["000", "017"]])
async def test_a_row_that_is_held_fails_whoever_wants_it_and_nobody_else_of_that_trip(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, held: list[str]
) -> None:
    monkeypatch.setitem(postgres_line._ON_THE_SERVER, "lock_timeout", "200")
    async with engine_on(postgres_url) as engine:
        await engine.write(THINGS, *map(put, NAMES))
        async with somebody_holds(postgres_url, *held):
            wanted = NAMES + held * 2
            outcomes = await asyncio.gather(*(engine.write(add(name)) for name in wanted), return_exceptions=True)
            for name, outcome in zip(wanted, outcomes, strict=True):
                assert isinstance(outcome, StoreUnavailable) if name in held else outcome == [[(1,)]]
        # Once, and what was refused not at all.
        assert await engine.read(ALL) == [(name, int(name not in held)) for name in NAMES]
        assert await engine.write(add(held[0])) == [[(1,)]]


class _HoldsOneRow:
    """A pool and its line, on which a trip is given up for one row, for which whoever comes alone waits for ever."""

    async def run(self, work: Callable[[Any], Awaitable[Any]], deadline: Deadline) -> Any:
        return await work(self)

    async def many(self, statements: Sequence[Statement]) -> list[list[Row]]:
        raise asyncpg.LockNotAvailableError

    async def rows(self, statement: Statement) -> list[Row]:
        if statement.key == NAMES[5]:
            await asyncio.Event().wait()
        return [(1,)]


async def test_however_many_want_the_held_row_the_others_of_that_trip_go_past_them() -> None:
    pool: Any = _HoldsOneRow()
    trips = SharedTrips(pool, queue_limit=100)
    waiting = [asyncio.create_task(trips.write(put(NAMES[5]))) for _ in range(10)]
    others = [trips.write(put(name)) for name in NAMES if name != NAMES[5]]
    async with asyncio.timeout(20):
        assert await asyncio.gather(*others) == [[(1,)]] * 39
    assert not any(task.done() for task in waiting)
    for task in (*waiting, *trips._flights):
        task.cancel()
    await asyncio.wait(waiting)


async def test_those_that_want_one_row_take_one_flight_and_leave_the_other_to_other_rows(postgres_url: str) -> None:
    async with engine_on(postgres_url) as engine:
        await engine.write(THINGS, *map(put, NAMES))
        async with somebody_holds(postgres_url, "000"):
            waiting = [asyncio.create_task(engine.write(add("000")))]
            await until_one_waits(postgres_url)
            waiting += [asyncio.create_task(engine.write(add("000"))) for _ in range(5)]
            assert await asyncio.gather(*(engine.write(add(name)) for name in NAMES[1:])) == [[[(1,)]]] * 39
            assert await engine.write(add("001")) == [[(2,)]]
            assert not any(task.done() for task in waiting)
        assert sorted(number for [[(number,)]] in await asyncio.gather(*waiting)) == [1, 2, 3, 4, 5, 6]


class _Answers:
    """A pool and its line: nothing comes back until it is allowed to."""

    def __init__(self) -> None:
        self.may = asyncio.Event()

    async def run(self, work: Callable[[Any], Awaitable[Any]], deadline: Deadline) -> Any:
        await self.may.wait()
        return await work(self)

    async def rows(self, statement: Statement) -> list[Row]:
        return [(1,)]


async def test_flights_that_come_to_a_bad_end_leave_their_places_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_pool, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(postgres_pool, "ANSWER_SECONDS", 0.1)
    pool: Any = _Answers()
    trips = SharedTrips(pool, queue_limit=100)
    lost = [asyncio.create_task(trips.write(put(name))) for name in NAMES[:FLIGHTS]]
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(trips._flights) == FLIGHTS
    for flight in list(trips._flights):
        flight.cancel()
    outcomes = await asyncio.gather(*lost, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
    pool.may.set()
    monkeypatch.setattr(postgres_pool, "WAIT_SECONDS", 20.0)
    assert await asyncio.gather(*(trips.write(put(name)) for name in NAMES[:FLIGHTS])) == [[(1,)]] * FLIGHTS
