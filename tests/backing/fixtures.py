"""Databases for tests: one server for each worker, started by the first test that asks for one."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from tests.backing.postgres import PostgresServer
from tests.backing.valkey import ValkeyServer


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer().make()
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_admin_url(request: pytest.FixtureRequest) -> str:
    """Where databases can be made: TEST_POSTGRES_URL, or a server of our own."""
    given = os.environ.get("TEST_POSTGRES_URL")
    return given or str(request.getfixturevalue("postgres_server").url())


@pytest.fixture
def postgres_url(postgres_admin_url: str) -> Iterator[str]:
    """A database that is empty, and this test's alone."""
    with _database(postgres_admin_url) as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres_url(postgres_admin_url: str) -> Iterator[str]:
    """The same, for a module of tests."""
    with _database(postgres_admin_url) as url:
        yield url


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    server = ValkeyServer().start()
    yield server
    server.close()


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> str:
    """A server of our own, empty, or TEST_REDIS_URL. What is published there goes to whoever listens at that number:
    the tests of one worker come one after the other, and workers that share a server have a number each."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        return numbered(given, os.environ.get("PYTEST_XDIST_WORKER", "gw0"))
    server: ValkeyServer = request.getfixturevalue("valkey_server")
    server.flush()
    return server.url


def numbered(url: str, worker: str) -> str:
    """The address with that worker's number, counted from the one it has: `redis://host/3`, `gw2` → `redis://host/5`."""
    parts = urlsplit(url)
    number = int(parts.path.strip("/") or 0) + int(worker.removeprefix("gw"))
    return urlunsplit(parts._replace(path=f"/{number}"))


@contextmanager
def _database(admin_url: str) -> Iterator[str]:
    make, drop, url = _made_and_dropped(admin_url)
    _ask_elsewhere(admin_url, make)
    yield url
    _ask_elsewhere(admin_url, drop)


@asynccontextmanager
async def new_database(admin_url: str) -> AsyncIterator[str]:
    """The address of a database that is empty, for whoever needs several: two houses have two, as they have two key
    rings."""
    make, drop, url = _made_and_dropped(admin_url)
    await _ask(admin_url, make)
    yield url
    await _ask(admin_url, drop)


def _made_and_dropped(admin_url: str) -> tuple[str, str, str]:
    name = f"test_{uuid.uuid4().hex}"
    url = urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}"))
    return f"CREATE DATABASE {name} STRATEGY FILE_COPY", f"DROP DATABASE {name} WITH (FORCE)", url


def _ask_elsewhere(url: str, sql: str) -> None:
    """In a thread of its own: `asyncio.run` leaves its thread without a loop, and browsers of other tests have theirs
    here."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(_ask(url, sql))).result()


async def _ask(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
