"""A house for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.http.house import House, housed
from tests.stores.conftest import DATABASES

# Where what is sent comes as far as the database, or a whole walk is walked.
ON_BOTH = ("test_bodies", "test_known_payloads", "test_openapi", "test_tokens_over_http", "test_web_tier")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in ON_BOTH and "where" in metafunc.fixturenames:
        metafunc.parametrize("where", DATABASES, indirect=True)


@pytest.fixture
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    on_postgresql = getattr(request, "param", "sqlite") == "postgresql"
    return f"{request.getfixturevalue('postgres_url')}?pool=3" if on_postgresql else tmp_path


@pytest.fixture
async def house(where: Path | str) -> AsyncIterator[House]:
    async with housed(where) as house:
        yield house


@pytest.fixture
async def api(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with house.client(house.api) as client:
        yield client


@pytest.fixture(params=["in process", "over HTTP"])
async def web_house(request: pytest.FixtureRequest, where: Path | str) -> AsyncIterator[House]:
    """The web tier in both its forms: nothing may tell them apart."""
    async with housed(where, split=request.param == "over HTTP") as house:
        yield house


@pytest.fixture
async def browser(web_house: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with web_house.browser() as client:
        yield client
