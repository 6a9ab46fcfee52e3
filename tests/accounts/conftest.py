from collections.abc import AsyncIterator

import pytest

from tests.accounts.house import House, open_house
from tests.stores.conftest import DATABASES


@pytest.fixture(params=DATABASES)
def where(request: pytest.FixtureRequest) -> str:
    return ":memory:" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def house(where: str) -> AsyncIterator[House]:
    async with open_house(where=where) as house:
        yield house
