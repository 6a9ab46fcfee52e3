"""PostgreSQL fails, or the way to it: nobody honest is signed out, and nobody revoked is served."""

import pytest

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
    await nothing_is_violated("postgresql", 11, FAULTS, together=0.6)
