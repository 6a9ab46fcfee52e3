"""The account store's contract on each database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from latchstring.database import open_database
from latchstring.database_clock import monotonic_clock, wall_clock
from latchstring.stores.accounts import SQLAccountStore
from latchstring.testing.account_contract import AccountStoreContract


async def accounts_at(url: str) -> AsyncIterator[SQLAccountStore]:
    engine = open_database(url, clock=None, own=wall_clock, monotonic=monotonic_clock).engine
    await engine.start()
    store = SQLAccountStore(engine)
    await engine.migrate(store.component, store.migrations)
    yield store
    await engine.stop()


class TestAccountsInASQLiteFile(AccountStoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SQLAccountStore]:
        async for store in accounts_at(f"sqlite:///{tmp_path}/accounts.db"):
            yield store


class TestAccountsInSQLiteInMemory(AccountStoreContract):
    @pytest.fixture
    async def store(self) -> AsyncIterator[SQLAccountStore]:
        async for store in accounts_at("sqlite:///:memory:"):
            yield store


class TestAccountsInPostgreSQL(AccountStoreContract):
    @pytest.fixture
    async def store(self, postgres_url: str) -> AsyncIterator[SQLAccountStore]:
        async for store in accounts_at(postgres_url):
            yield store
