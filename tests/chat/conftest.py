"""What the tests of the chat share."""

from collections.abc import AsyncIterator

import pytest

from tests.chat.house import House, opened


@pytest.fixture
async def house(anyio_backend: str) -> AsyncIterator[House]:
    async with opened() as house:
        yield house
