"""A little of what `make faults` does (docs/faults.md): real nodes, and everything that can fail."""

import pytest

from tests.faults.__main__ import report
from tests.faults.house import Plan
from tests.faults.rig import run

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(400)]


DATABASE = (
    "a node is cut off from PostgreSQL",
    "answers of PostgreSQL are lost",
    "connections to PostgreSQL die silently",
    "PostgreSQL stops immediately",
    "PostgreSQL fails over",
)
NODES = (
    "kill -9 of a node",
    "kill -9 of all nodes",
    "a node stands still",
    "a node stands still for long",
    "clocks five seconds apart",
    "a clock is a month ahead",
    "the machine's clock jumps back an hour",
    "the machine's clock is a month ahead",
    "Valkey is killed",
    "a node is cut off from Valkey",
)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(store="postgresql", seed=11, seconds=24, faults=DATABASE, people=6, window=2, straggler=4),
        Plan(store="postgresql", seed=12, seconds=15, faults=NODES, people=6, window=2, straggler=4),
        Plan(store="sqlite", seed=13, seconds=12, faults=NODES, people=6, window=2, straggler=4),
    ],
    ids=["the database fails", "nodes and Valkey fail", "nodes fail on SQLite"],
)
async def test_whatever_fails_nobody_honest_is_signed_out_and_nobody_revoked_is_served(plan: Plan) -> None:
    house = await run(plan)
    assert house.ledger.violations == [], report(house)
    # It was no quiet day.
    for name in ("messages", "refreshes", "sign-outs", "ended tokens refused", "old tokens refused"):
        assert house.ledger.done[name] > 0, name
