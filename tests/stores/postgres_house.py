"""A PostgreSQL engine whose connections can be seen from outside, and somebody on the line to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from latchstring.ports import Statement
from latchstring.stores.postgres import PostgresEngine
from tests.backing.wire import Wire
from tests.stories.waiting import until

THINGS = Statement("CREATE TABLE things (name TEXT PRIMARY KEY, number BIGINT NOT NULL CHECK (number >= 0))")
ALL = Statement("SELECT name, number FROM things ORDER BY name")
ONE = Statement("SELECT 1")

_OURS = "FROM pg_stat_activity WHERE application_name = 'latchstring' AND datname = current_database()"


def sleeping(seconds: float) -> Statement:
    return Statement("SELECT CAST(pg_sleep(:seconds) AS TEXT)", {"seconds": seconds})


def put(name: str, number: int = 0) -> Statement:
    sql = "INSERT INTO things (name, number) VALUES (:name, :number) RETURNING name"
    return Statement(sql, {"name": name, "number": number}, key=name)


def add(name: str, number: int = 1, *, alone: bool = True) -> Statement:
    """With `alone` it may share a round trip."""
    sql = "UPDATE things SET number = number + :number WHERE name = :name RETURNING number"
    return Statement(sql, {"name": name, "number": number}, key=name if alone else None)


@asynccontextmanager
async def engine_on(url: str, query: str = "", queue_limit: int = 10_000) -> AsyncIterator[PostgresEngine]:
    engine = PostgresEngine(url + query, queue_limit=queue_limit)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


@asynccontextmanager
async def raw(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that is none of the engine's."""
    connection = await asyncpg.connect(url, server_settings={"application_name": "somebody else"})
    try:
        yield connection
    finally:
        connection.terminate()


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[tuple[Wire, str]]:
    """Somebody on the line to the database, and the address that goes through their hands."""
    async with Wire.to(url) as wire:
        yield wire, wire.through(url)


async def connections(url: str) -> int:
    """How many of the engine's the server sees. What was closed a moment ago may be among them."""
    async with raw(url) as other:
        return int(await other.fetchval(f"SELECT count(*) {_OURS}"))


async def until_connections(url: str, number: int) -> None:
    async def there_are() -> bool:
        return await connections(url) == number

    await until(there_are, 20)


async def until_one_sleeps(url: str) -> None:
    """In `sleeping`."""

    async def there_is_one() -> bool:
        async with raw(url) as other:
            return bool(await other.fetchval(f"SELECT count(*) {_OURS} AND wait_event = 'PgSleep'"))

    await until(there_is_one)


async def drop_all(url: str) -> None:
    """The server ends each of the engine's connections."""
    async with raw(url) as other:
        await other.execute(f"SELECT pg_terminate_backend(pid, 10000) {_OURS}")


async def transactions(url: str) -> int:
    """How many were committed there so far."""
    async with raw(url) as other:
        await other.execute("SELECT pg_stat_clear_snapshot()")
        return int(await other.fetchval("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"))
