"""What a node does beside answering goes on, whatever one turn of it runs into."""

import asyncio
import logging
from typing import Any

import pytest

from latchstring import upkeep
from latchstring.live import Connections, Sweep, Watcher
from latchstring.revocations import DenySet
from latchstring.settings import Settings
from latchstring.testing import SettableClock
from latchstring.testing.memory import MemoryStore
from latchstring.upkeep import Upkeep
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio


def upkeep_with(*loops: upkeep.Loop) -> Upkeep:
    settings, clock, store, connections = Settings(), SettableClock(0), MemoryStore(), Connections()
    deny_set = DenySet(keep_seconds=60, silence_seconds=60, monotonic=clock)
    sessions: Any = None
    return Upkeep(
        Watcher(store, deny_set, connections, settings=settings, monotonic=clock),
        Sweep(connections, sessions, settings=settings, clock=clock),
        store,
        clock,
        loops=loops,
    )


async def test_a_loop_that_fails_in_a_way_nobody_listed_is_said_and_run_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upkeep, "AGAIN_SECONDS", 0.001)
    runs: list[int] = []

    async def failing() -> None:
        runs.append(len(runs))
        if len(runs) < 3:
            raise OverflowError("int too large to convert to float")
        await asyncio.Event().wait()

    keeping = upkeep_with(failing)
    await keeping.start()
    await until(lambda: len(runs) == 3)
    await keeping.stop()
    said = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage().endswith("failing failed, and is run again") for record in said] == [True, True]
    assert all(record.exc_info for record in said)


async def test_a_loop_that_is_told_to_stop_is_not_run_again(caplog: pytest.LogCaptureFixture) -> None:
    began = asyncio.Event()
    ended: list[bool] = []

    async def lasting() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    keeping = upkeep_with(lasting)
    await keeping.start()
    await began.wait()
    await keeping.stop()
    assert ended == [True]
    assert not caplog.records
