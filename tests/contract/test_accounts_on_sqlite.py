"""The account store's contract on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from latchstring.stores.accounts import SQLAccountStore
from latchstring.stores.sqlite import SQLiteEngine
from latchstring.testing.account_contract import AccountStoreContract


async def accounts_at(url: str) -> AsyncIterator[SQLAccountStore]:
    engine = SQLiteEngine(url)
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
