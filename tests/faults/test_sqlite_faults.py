"""Nodes on one SQLite file fail, and the clock of their machine leaps: nobody honest is signed out."""

import pytest

from tests.faults.short import nothing_is_violated

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(400)]

FAULTS = (
    "kill -9 of a node",
    "kill -9 of all nodes",
    "a node stands still",
    "a node stands still for long",
    "the machine's clock jumps back an hour",
    "the machine's clock is a month ahead",
    "Valkey is killed",
)


async def test_whatever_becomes_of_nodes_on_sqlite_nobody_honest_is_signed_out() -> None:
    await nothing_is_violated("sqlite", 13, FAULTS, together=0.8)
