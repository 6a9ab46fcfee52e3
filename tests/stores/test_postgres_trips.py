"""Shared round trips: fewer transactions, and for each caller an answer as if it had been alone."""

import asyncio
from collections import Counter

import pytest

from latchstring.core.rotation import RotationPath
from latchstring.errors import Conflict, StoreUnavailable
from latchstring.ports import Statement
from latchstring.stores.postgres_boarding import MOST
from latchstring.stores.postgres_trips import FLIGHTS
from latchstring.testing.desk import Desk
from latchstring.testing.entropy import SeededEntropy
from tests.rows import NOW
from tests.stores.engines import session_store
from tests.stores.postgres_house import ALL, THINGS, add, drop_all, engine_on, put, raw, until_one_sleeps, wire_to

pytestmark = pytest.mark.anyio
MANY = 100
NAMES = [f"{number:03}" for number in range(MANY)]

_WHICH = "UPDATE things SET number = number + 1 WHERE name = :name RETURNING CAST(CAST(xmin AS TEXT) AS BIGINT)"


def which_transaction(name: str) -> Statement:
    return Statement(_WHICH, {"name": name}, key=name)


@pytest.mark.parametrize(("share", "most"), [("on", 2 * FLIGHTS), ("off", MANY)])
async def test_writes_that_come_together_are_few_transactions_unless_each_is_to_be_its_own(
    postgres_url: str, share: str, most: int
) -> None:
    async with engine_on(postgres_url, f"?share={share}") as engine:
        await engine.write(THINGS, *map(put, NAMES))
        answers = await asyncio.gather(*(engine.write(which_transaction(name)) for name in NAMES))
        transactions = {number for [[(number,)]] in answers}
        assert len(transactions) == MANY if share == "off" else len(transactions) <= most
        assert await engine.read(ALL) == [(name, 1) for name in NAMES]


async def test_refreshes_that_come_together_are_few_transactions(postgres_url: str) -> None:
    async with session_store(postgres_url) as (_, store):
        desk = Desk(store=store, entropy=SeededEntropy(12))
        tokens = [await desk.sign_in(NOW) for _ in range(MANY)]
        answers = await asyncio.gather(*(desk.present(token, NOW) for token in tokens))
        assert {answer.path for answer in answers} == {RotationPath.ROTATE}
        assert [answer.token.session_id for answer in answers if answer.token] == [each.session_id for each in tokens]
        async with raw(postgres_url) as other:
            transactions = await other.fetchval("SELECT count(DISTINCT CAST(xmin AS TEXT)) FROM latchstring_sessions")
        assert transactions <= 2 * FLIGHTS


async def test_a_trip_takes_no_more_than_it_can_hold(postgres_url: str) -> None:
    names = [f"{number:04}" for number in range(5 * FLIGHTS * MOST)]
    async with engine_on(postgres_url) as engine:
        await engine.write(THINGS, *map(put, names))
        answers = await asyncio.gather(*(engine.write(which_transaction(name)) for name in names))
        aboard = Counter(number for [[(number,)]] in answers)
        assert max(aboard.values()) <= MOST
        assert sum(aboard.values()) == len(names)


async def test_one_that_fails_fails_alone_and_the_others_of_its_trip_are_kept(postgres_url: str) -> None:
    async with engine_on(postgres_url) as engine:
        await engine.write(THINGS, *map(put, NAMES))
        below_zero, overflowing = set(NAMES[::10]), set(NAMES[5::20])
        number = {**dict.fromkeys(NAMES, 1), **dict.fromkeys(below_zero, -1), **dict.fromkeys(overflowing, 2**63)}
        outcomes = await asyncio.gather(
            *(engine.write(add(name, number[name])) for name in NAMES),
            engine.write(add("lone \ud800 surrogate")),
            engine.write(add("nobody")),
            return_exceptions=True,
        )
        assert isinstance(outcomes[-2], UnicodeEncodeError)
        assert outcomes[-1] == [[]]
        for name, outcome in zip(NAMES, outcomes, strict=False):
            if name in below_zero:
                assert isinstance(outcome, Conflict)
            elif name in overflowing:
                assert isinstance(outcome, Exception)
            else:
                assert outcome == [[(1,)]]
        kept = {name: 0 if name in below_zero | overflowing else 1 for name in NAMES}
        assert dict(await engine.read(ALL)) == kept


async def test_those_of_one_key_in_one_trip_are_answered_as_one_after_the_other(postgres_url: str) -> None:
    async with engine_on(postgres_url) as engine:
        await engine.write(THINGS, put("a"), put("b"))
        answers = await asyncio.gather(*(engine.write(add("ab"[number % 2])) for number in range(2 * MANY)))
        for both in (answers[::2], answers[1::2]):
            assert sorted(number for [[(number,)]] in both) == list(range(1, MANY + 1))


async def test_a_name_that_is_taken_twice_in_one_trip_is_somebodys(postgres_url: str) -> None:
    async with engine_on(postgres_url) as engine:
        await engine.write(THINGS)
        outcomes = await asyncio.gather(*(engine.write(put("a")) for _ in range(10)), return_exceptions=True)
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 9
        assert outcomes.count([[("a",)]]) == 1


async def test_whoever_goes_away_takes_nobodys_answer_along(postgres_url: str) -> None:
    async with engine_on(postgres_url) as engine:
        await engine.write(THINGS, *map(put, NAMES))
        for after in (0, 0.001, 0.003):
            tasks = [asyncio.create_task(engine.write(add(name))) for name in NAMES]
            await asyncio.sleep(after)
            for task in tasks[::2]:
                task.cancel()
            await asyncio.wait(tasks)
            assert all(len(task.result()[0]) == 1 for task in tasks[1::2])
        numbers: dict[str, int] = dict(await engine.read(ALL))
        assert all(numbers[name] == 3 for name in NAMES[1::2])
        assert all(numbers[name] <= 3 for name in NAMES[::2])


async def test_a_trip_that_is_lost_is_unavailable_to_each_of_its_travellers(postgres_url: str) -> None:
    slow = Statement(
        "UPDATE things SET number = number + CAST(length(CAST(pg_sleep(0.2) AS TEXT)) AS BIGINT) RETURNING number",
        key="a",
    )
    async with engine_on(postgres_url) as engine:
        await engine.write(THINGS, put("a"))
        travelling = asyncio.gather(*(engine.write(slow) for _ in range(20)), return_exceptions=True)
        await until_one_sleeps(postgres_url)
        await drop_all(postgres_url)
        outcomes = await travelling
        lost = [outcome for outcome in outcomes if isinstance(outcome, StoreUnavailable)]
        assert len(lost) >= 10
        # One for each: in one exception the tracebacks of several tasks would be mixed up.
        assert len(set(map(id, lost))) == len(lost)
        assert await engine.write(add("a")) == [[(1,)]]


async def test_a_trip_whose_answer_is_lost_is_not_sent_again(postgres_url: str) -> None:
    """It may be done, and what is done twice is not always the same as once."""
    async with wire_to(postgres_url) as (wire, through), engine_on(through, "?pool=3") as engine:
        await engine.write(THINGS, *map(put, NAMES))
        await asyncio.gather(*(engine.write(add(name, 0)) for name in NAMES))
        wire.lose_answers()
        outcomes = await asyncio.gather(*(engine.write(add(name)) for name in NAMES), return_exceptions=True)
        wire.mend()
        assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
        numbers = [number for _, number in await engine.read(ALL)]
        assert (max(numbers), sum(numbers) > 1) == (1, True)


async def test_a_full_queue_refuses_at_once_and_loses_nothing(postgres_url: str) -> None:
    async with engine_on(postgres_url, queue_limit=10) as engine:
        await engine.write(THINGS, *map(put, NAMES[:25]))
        outcomes = await asyncio.gather(*(engine.write(add(name)) for name in NAMES[:25]), return_exceptions=True)
        assert sum(isinstance(outcome, StoreUnavailable) for outcome in outcomes) == 15
        assert sum(number for _, number in await engine.read(ALL)) == 10
        assert await engine.write(add("024")) in ([[(1,)]], [[(2,)]])


async def test_trips_of_two_nodes_that_hold_the_same_rows_all_end(postgres_url: str) -> None:
    async with engine_on(postgres_url) as one, engine_on(postgres_url) as two:
        await one.write(THINGS, *map(put, NAMES))
        for _ in range(5):
            await asyncio.gather(
                *(one.write(add(name)) for name in NAMES), *(two.write(add(name)) for name in reversed(NAMES))
            )
        assert await one.read(ALL) == [(name, 10) for name in NAMES]
