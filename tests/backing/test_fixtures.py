"""What a test gets that asks for a database or for Valkey."""

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.backing import binaries
from tests.backing.fixtures import numbered

pytestmark = pytest.mark.anyio


async def tables(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        await connection.execute("CREATE TABLE things (name TEXT)")
        return [row["tablename"] for row in found]
    finally:
        await connection.close()


@pytest.mark.parametrize("time", ["first", "second"])
async def test_a_test_finds_its_database_empty(postgres_url: str, time: str) -> None:
    assert await tables(postgres_url) == []


async def test_a_database_is_in_utf8_and_sorts_by_code_point(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        asked = "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()"
        assert tuple(await connection.fetchrow(asked)) == ("UTF8", "C")
    finally:
        await connection.close()


@pytest.fixture
def own_redis_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whatever is set: one that is somebody's is not emptied."""
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    return str(request.getfixturevalue("redis_url"))


@pytest.mark.parametrize("time", ["first", "second"])
async def test_a_test_finds_valkey_empty(own_redis_url: str, time: str) -> None:
    async with Redis.from_url(own_redis_url) as client:
        assert await client.keys() == []
        await client.set("thing", "1")


@pytest.mark.parametrize(
    ("given", "worker", "number"),
    [
        ("redis://host", "gw0", "redis://host/0"),
        ("redis://host:6379/", "gw1", "redis://host:6379/1"),
        ("rediss://user:word@host/3", "gw2", "rediss://user:word@host/5"),
    ],
)
def test_workers_that_share_a_valkey_have_a_number_each(given: str, worker: str, number: str) -> None:
    assert numbered(given, worker) == number


def test_what_is_missing_fails_in_ci_and_skips_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="make prepare-dev"):
        binaries._readable("no-such-wheel", ())
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="make prepare-dev"):
        binaries._readable("no-such-wheel", ())
