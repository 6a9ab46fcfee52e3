"""Databases for tests: one server for each worker, started by the first test that asks for one."""

import asyncio
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
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
    """TEST_REDIS_URL, or a server of our own. What is published there goes to whoever listens: the tests of one worker
    come one after the other."""
    given = os.environ.get("TEST_REDIS_URL")
    return given or str(request.getfixturevalue("valkey_server").url)


@contextmanager
def _database(admin_url: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    asyncio.run(_ask(admin_url, f"CREATE DATABASE {name} STRATEGY FILE_COPY"))
    yield urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}"))
    asyncio.run(_ask(admin_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _ask(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
