"""A house for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.http.house import House, housed


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with housed(tmp_path) as house:
        yield house


@pytest.fixture
async def api(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with house.client(house.api) as client:
        yield client


@pytest.fixture(params=["in process", "over HTTP"])
async def web_house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """The web tier in both its forms: nothing may tell them apart."""
    async with housed(tmp_path, split=request.param == "over HTTP") as house:
        yield house


@pytest.fixture
async def browser(web_house: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with web_house.browser() as client:
        yield client
