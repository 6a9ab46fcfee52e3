"""Two nodes: on PostgreSQL, and on one SQLite file, as several processes of one machine are."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat.bus import lifeline, pulse
from tests.backing.valkey import ValkeyServer
from tests.nodes.town import Town, open_town


@pytest.fixture(params=["postgresql", "sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/chat.db"
    return f"{request.getfixturevalue('postgres_url')}?pool=4"


@pytest.fixture
async def town(
    anyio_backend: str, database_url: str, valkey_server: ValkeyServer, tmp_path: Path
) -> AsyncIterator[Town]:
    async with open_town(2, database_url, valkey_server, tmp_path) as town:
        yield town


@pytest.fixture
def quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for it before `town`. An outage is found within a second, and a node is forgotten within two."""
    monkeypatch.setattr(pulse, "TICK_SECONDS", 0.2)
    monkeypatch.setattr(lifeline, "AGAIN_SECONDS", (0.05, 0.2))
