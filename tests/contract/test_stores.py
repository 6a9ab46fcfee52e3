"""The contract suites on the stores that there are."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from latchstring.ports import Engine
from latchstring.stores.postgres import PostgresEngine
from latchstring.stores.sessions import SQLSessionStore
from latchstring.stores.sqlite import SQLiteEngine
from latchstring.testing.engine_contract import EngineContract
from latchstring.testing.feed_contract import FeedContract
from latchstring.testing.memory import MemoryStore
from latchstring.testing.session_contract import SessionStoreContract


@pytest.fixture
async def sqlite_file(tmp_path: Path) -> AsyncIterator[Engine]:
    engine = SQLiteEngine(f"sqlite:///{tmp_path}/contract.db")
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def sqlite_in_memory() -> AsyncIterator[Engine]:
    engine = SQLiteEngine("sqlite:///:memory:")
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def postgresql(postgres_url: str) -> AsyncIterator[Engine]:
    engine = PostgresEngine(postgres_url)
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def postgresql_unshared(postgres_url: str) -> AsyncIterator[Engine]:
    engine = PostgresEngine(f"{postgres_url}?share=off&pool=3")
    await engine.start()
    yield engine
    await engine.stop()


async def sessions_on(engine: Engine) -> SQLSessionStore:
    store = SQLSessionStore(engine)
    await engine.migrate(store.component, store.migrations)
    return store


class TestSQLiteFile(EngineContract):
    @pytest.fixture
    async def engine(self, sqlite_file: Engine) -> Engine:
        return sqlite_file


class TestSQLiteInMemory(EngineContract):
    @pytest.fixture
    async def engine(self, sqlite_in_memory: Engine) -> Engine:
        return sqlite_in_memory


class TestPostgreSQL(EngineContract):
    @pytest.fixture
    async def engine(self, postgresql: Engine) -> Engine:
        return postgresql


class TestPostgreSQLUnshared(EngineContract):
    """As behind a sharding engine: every write is a transaction of its own."""

    @pytest.fixture
    async def engine(self, postgresql_unshared: Engine) -> Engine:
        return postgresql_unshared


class TestSessionsInASQLiteFile(SessionStoreContract, FeedContract):
    @pytest.fixture
    async def store(self, sqlite_file: Engine) -> SQLSessionStore:
        return await sessions_on(sqlite_file)


class TestSessionsInSQLiteInMemory(SessionStoreContract, FeedContract):
    @pytest.fixture
    async def store(self, sqlite_in_memory: Engine) -> SQLSessionStore:
        return await sessions_on(sqlite_in_memory)


class TestSessionsInPostgreSQL(SessionStoreContract, FeedContract):
    @pytest.fixture
    async def store(self, postgresql: Engine) -> SQLSessionStore:
        return await sessions_on(postgresql)


class TestSessionsInPostgreSQLUnshared(SessionStoreContract, FeedContract):
    @pytest.fixture
    async def store(self, postgresql_unshared: Engine) -> SQLSessionStore:
        return await sessions_on(postgresql_unshared)


class TestSessionsInMemory(SessionStoreContract, FeedContract):
    @pytest.fixture
    async def store(self) -> MemoryStore:
        return MemoryStore()
