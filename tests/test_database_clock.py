"""All nodes go by the database's clock, whatever their own say; and by no clock that leaps alone."""

import asyncio
import logging
import time

import asyncpg
import pytest

from latchstring import database_clock
from latchstring.core.clocks import LASTING_THERE, LEAP
from latchstring.database import open_database
from latchstring.database_clock import DatabaseClock
from latchstring.errors import StoreUnavailable
from latchstring.ports import Row, Statement
from latchstring.stores.sqlite import SQLiteEngine
from latchstring.testing import SettableClock
from tests.stores.postgres_house import connections, until_connections
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio
NOW = 1_800_000_000_000
HOUR, MONTH = 3_600_000, 30 * 86_400_000


class Database(SQLiteEngine):
    """It has one thing to say: what time it is there. It may take a while, or not answer at all."""

    def __init__(self, monotonic: SettableClock) -> None:
        super().__init__("sqlite:///:memory:")
        self.time = SettableClock(NOW)
        self.takes = 0
        self.away = False
        self._monotonic = monotonic

    async def read(self, statement: Statement) -> list[Row]:
        if self.away:
            raise StoreUnavailable
        self._monotonic.advance(milliseconds=self.takes)
        return [(self.time(),)]


class House:
    def __init__(self, own: int = NOW) -> None:
        self.monotonic = SettableClock(5_000)
        self.own = SettableClock(own)
        self.database = Database(self.monotonic)
        self.clock = DatabaseClock(self.database, own=self.own, monotonic=self.monotonic)

    def pass_time(self, milliseconds: int) -> None:
        for clock in (self.monotonic, self.own, self.database.time):
            clock.advance(milliseconds=milliseconds)


async def test_before_it_is_read_it_is_the_nodes_own() -> None:
    house = House(own=NOW + HOUR)
    assert house.clock() == NOW + HOUR


@pytest.mark.parametrize("off", [0, 5_000, -5_000, HOUR, -HOUR, MONTH])
async def test_it_is_the_databases_however_wrong_the_nodes_own_is(off: int) -> None:
    house = House(own=NOW + off)
    await house.clock.read()
    assert house.clock() == NOW
    house.pass_time(1_234)
    assert house.clock() == NOW + 1_234


async def test_a_leap_of_the_nodes_own_clock_changes_nothing() -> None:
    house = House()
    await house.clock.read()
    for leap in (-HOUR, MONTH):
        house.own.advance(milliseconds=leap)
        assert house.clock() == NOW
        await house.clock.read()
        assert house.clock() == NOW


async def test_a_leap_of_the_database_alone_is_not_followed_and_is_said(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    await house.clock.read()
    house.database.time.advance(milliseconds=MONTH)
    await house.clock.read()
    assert house.clock() == NOW
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    house.database.time.advance(milliseconds=-MONTH)
    house.pass_time(1)
    for _ in range(2):
        await house.clock.read()
        assert house.clock() == NOW + 1
    assert [record.getMessage() for record in caplog.records[1:]] == [
        "the database's clock is right again: its leap was never followed"
    ]


async def test_a_machine_that_was_paused_follows_the_database_once_the_difference_has_lasted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Both clocks of the machine stood still with it, and agree that it is an hour ago."""
    house = House()
    await house.clock.read()
    house.database.time.advance(milliseconds=HOUR)
    readings = 20
    for _ in range(readings):
        await house.clock.read()
        assert house.clock() == house.own()
        house.pass_time(LASTING_THERE // readings)
    await house.clock.read()
    assert house.clock() == house.database.time() == house.own() + HOUR
    # Said when it is seen, and when it is followed; not at each reading.
    assert [record.levelname for record in caplog.records] == ["CRITICAL", "WARNING"]
    house.pass_time(5_000)
    await house.clock.read()
    assert house.clock() == house.database.time()
    assert len(caplog.records) == 2


async def test_a_machine_that_is_set_right_after_a_pause_follows_the_database_at_once() -> None:
    house = House()
    await house.clock.read()
    house.database.time.advance(milliseconds=HOUR)
    await house.clock.read()
    assert house.clock() == NOW
    house.own.advance(milliseconds=HOUR)
    await house.clock.read()
    assert house.clock() == NOW + HOUR


async def test_a_database_that_leaps_about_has_not_lasted(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    await house.clock.read()
    for leap in (MONTH, HOUR, -MONTH):
        house.database.time.advance(milliseconds=leap)
        # So long after the leap before this one as would be enough for that.
        house.pass_time(1)
        await house.clock.read()
        assert house.clock() == house.own()
        house.pass_time(LASTING_THERE - 1)
        await house.clock.read()
        assert house.clock() == house.own()
    assert [record.levelname for record in caplog.records] == ["CRITICAL"] * 3


async def test_a_leap_that_was_taken_back_does_not_count_for_the_next_one() -> None:
    house = House()
    await house.clock.read()
    for _ in range(3):
        house.database.time.advance(milliseconds=HOUR)
        await house.clock.read()
        house.pass_time(LASTING_THERE // 2)
        house.database.time.advance(milliseconds=-HOUR)
        await house.clock.read()
        assert house.clock() == house.own()


async def test_a_database_that_is_set_right_is_followed_where_the_nodes_own_clock_agrees() -> None:
    house = House(own=NOW + MONTH)
    await house.clock.read()
    house.database.time.advance(milliseconds=MONTH)
    await house.clock.read()
    assert house.clock() == NOW + MONTH


async def test_small_differences_are_followed() -> None:
    house = House(own=NOW - MONTH)
    await house.clock.read()
    house.database.time.advance(milliseconds=LEAP)
    await house.clock.read()
    assert house.clock() == NOW + LEAP


async def test_an_answer_is_of_the_middle_of_its_way() -> None:
    house = House()
    house.database.takes = 100
    await house.clock.read()
    assert house.clock() == NOW + 50


async def test_an_answer_that_took_long_is_believed_only_where_there_is_no_other() -> None:
    house = House()
    house.database.takes = database_clock.SLOW + 2
    await house.clock.read()
    assert house.clock() == NOW + database_clock.SLOW // 2 + 1
    house.database.time.advance(milliseconds=3_000)
    before = house.clock()
    await house.clock.read()
    assert house.clock() == before + house.database.takes


@pytest.mark.parametrize(
    ("off", "warned"), [(database_clock.OFF, False), (database_clock.OFF + 1, True), (-HOUR, True)]
)
async def test_a_node_whose_clock_is_off_is_told_at_its_start(
    off: int, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(own=NOW + off)
    for _ in range(3):
        await house.clock.read()
    assert [record.getMessage() for record in caplog.records] == [
        f"this node's clock differs from the database's by {off} ms"
    ] * warned


async def test_it_goes_on_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database_clock, "READ_EVERY", 0.001)
    caplog.set_level(logging.INFO, "latchstring.clock")
    house = House(own=NOW + HOUR)
    await house.clock.read()
    house.database.away = True
    running = asyncio.create_task(house.clock.run())
    await until(lambda: "could not be read" in caplog.text)
    house.pass_time(60_000)
    assert house.clock() == NOW + 60_000
    house.database.away = False
    house.database.time.advance(milliseconds=7)
    await until(lambda: house.clock() == NOW + 60_007)
    running.cancel()
    await asyncio.wait((running,))


async def test_a_first_reading_that_fails_leaves_no_connection_open(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(postgres_url, clock=None, own=SettableClock(NOW), monotonic=SettableClock(0))
    monkeypatch.setattr(database_clock, "_NOW", Statement("SELECT CAST(1 AS BIGINT) FROM nowhere"))
    before = await connections(postgres_url)
    with pytest.raises(asyncpg.UndefinedTableError):
        await database.start()
    await until_connections(postgres_url, before)
    with pytest.raises(StoreUnavailable):
        await database.engine.write(Statement("SELECT 1"))


async def test_nodes_whose_clocks_are_an_hour_apart_have_one_time(postgres_url: str) -> None:
    def monotonic() -> int:
        return time.monotonic_ns() // 1_000_000

    nodes = [
        open_database(postgres_url, clock=None, own=SettableClock(wrong), monotonic=monotonic)
        for wrong in (NOW, NOW + HOUR, 0)
    ]
    for node in nodes:
        await node.start()
    between = [node.clock() for node in nodes for _ in range(2)]
    [(there,)] = await nodes[0].engine.read(Statement("SELECT CAST(extract(epoch FROM now()) * 1000 AS BIGINT)"))
    # Less than a slow answer, on whatever machine.
    assert all(abs(each - there) < database_clock.SLOW for each in between)
    for node in nodes:
        await node.engine.stop()
