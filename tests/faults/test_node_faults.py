"""Nodes and Valkey fail, and clocks are wrong: nobody honest is signed out, and nobody revoked is served."""

import pytest

from tests.faults.short import nothing_is_violated

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(400)]

FAULTS = (
    "kill -9 of a node",
    "kill -9 of all nodes",
    "a node stands still",
    "a node stands still for long",
    "clocks five seconds apart",
    "a clock is a month ahead",
    "Valkey is killed",
    "a node is cut off from Valkey",
)


async def test_whatever_becomes_of_nodes_and_valkey_nobody_honest_is_signed_out() -> None:
    await nothing_is_violated("postgresql", 12, FAULTS, together=0.8)
