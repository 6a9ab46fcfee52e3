"""The sweep: neither of its two looks waits for the other."""

import asyncio

import pytest

from latchstring.core.session import Session
from latchstring.live import Sweep
from tests.live.node import Node, closing, dial, until

pytestmark = pytest.mark.anyio


async def test_who_does_not_read_is_looked_for_while_rows_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they do while the database has trouble: just then many sockets may be slow, and their queues grow."""
    node = Node()
    asked = asyncio.Event()

    async def hanging(session_id: str) -> Session | None:
        asked.set()
        await asyncio.Event().wait()
        return None

    sweep = Sweep(node.connections, node.sessions, settings=node.settings, clock=node.clock, interval=0.01)
    leased, slow = await node.sign_in("anna"), await node.sign_in("bert")
    async with (
        node.serving("wsproto") as port,
        dial(port, token=leased.auth_token),
        dial(port, token=slow.auth_token) as stuck,
    ):
        [connection] = [each for each in node.connections if each.session_id == slow.session_id]
        [due] = [each for each in node.connections if each.session_id == leased.session_id]
        due.look_again_at = 0
        monkeypatch.setattr(node.store, "session", hanging)
        sweeping = asyncio.create_task(sweep.run())
        await asked.wait()
        monkeypatch.setattr(type(connection), "does_not_read", lambda one: one is connection)
        assert (await closing(stuck))[0] == 1013
        await until(lambda: len(node.connections) == 1)
        sweeping.cancel()
        await asyncio.wait((sweeping,))
        assert sweeping.cancelled()
