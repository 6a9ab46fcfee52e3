"""PostgreSQL fails, or the way to it: nobody honest is signed out, and nobody revoked is served."""

import pytest

from tests.faults.house import Plan
from tests.faults.short import nothing_is_violated

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(400)]

FAULTS = (
    "a node is cut off from PostgreSQL",
    "answers of PostgreSQL are lost",
    "connections to PostgreSQL die silently",
    "PostgreSQL stops immediately",
    "PostgreSQL fails over",
)


async def test_whatever_becomes_of_postgresql_nobody_honest_is_signed_out() -> None:
    await nothing_is_violated(
        Plan(store="postgresql", seed=11, seconds=0, faults=FAULTS, people=6, window=2, straggler=4, together=0.6)
    )
