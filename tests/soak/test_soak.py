"""A little of what `make soak` does (docs/soak.md)."""

from pathlib import Path

import pytest

from tests.soak.soak import soak
from tests.soak.world import Plan

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

MESSAGES = 2_000


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/chat.db"
    return str(request.getfixturevalue("postgres_url"))


async def test_no_canary_reaches_anybody_who_was_not_there_however_leaving_and_signing_out_race(
    database_url: str,
) -> None:
    made, figures = await soak(Plan(seed=7, messages=MESSAGES, most=4), CHAT_DATABASE_URL=database_url)
    assert made.ledger.leaks == []
    # It was no quiet day: people left, came back, were signed out and trespassed, and what was owed was delivered.
    assert figures["messages"] >= MESSAGES
    assert figures["deliveries owed and made"] > 2 * MESSAGES
    for name in ("leavings", "invitations", "sign-outs", "trespasses", "refusals", "edits", "deletions"):
        assert figures[name] > 0, name
