"""What the tests of the chat share: each that opens a house does so as a single node does, with SQLite; and as one of
several does, with PostgreSQL and Valkey."""

from collections.abc import AsyncIterator

import pytest

from tests.chat.house import DEFAULTS, House, opened
from tests.chat.marker import apart

DATABASES = ("sqlite", "postgresql")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "house" in metafunc.fixturenames or hasattr(metafunc.module, "opened"):
        metafunc.fixturenames.insert(0, "database")
        metafunc.parametrize("database", DATABASES, indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which one, for tests that have to know."""
    if request.param == "postgresql":
        # Half of what a node has: some tests open two.
        url = f"{request.getfixturevalue('postgres_url')}?pool=5"
        monkeypatch.setitem(DEFAULTS, "CHAT_DATABASE_URL", url)
        monkeypatch.setitem(DEFAULTS, "CHAT_REDIS_URL", apart(request.getfixturevalue("redis_url")))
    return str(request.param)


@pytest.fixture
async def house(anyio_backend: str) -> AsyncIterator[House]:
    async with opened() as house:
        yield house
