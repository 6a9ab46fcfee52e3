"""A process that stood still presents no refresh for a moment, since nobody may be waiting for it any more."""

import asyncio
from pathlib import Path

import pytest

from latchstring import standstill as module
from latchstring.standstill import AFTERWARDS, LONG, Standstill
from latchstring.testing import SettableClock
from tests.http.house import code, housed, register

pytestmark = pytest.mark.anyio


class Process:
    """Beats as often as it is told to."""

    def __init__(self) -> None:
        self.monotonic = SettableClock(0)
        self.standstill = Standstill(self.monotonic)

    async def beat(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One beat, and no more."""
        monkeypatch.setattr(module, "BEAT", 3600)
        beating = asyncio.create_task(self.standstill.run())
        await asyncio.sleep(0)
        beating.cancel()
        await asyncio.wait((beating,))


async def test_before_the_first_beat_nothing_is_known_and_everything_served() -> None:
    process = Process()
    process.monotonic.advance(milliseconds=10 * LONG)
    assert not process.standstill.was_just_now()


async def test_what_is_read_before_the_next_beat_is_noticed_and_what_is_read_for_a_moment_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = Process()
    await process.beat(monkeypatch)
    process.monotonic.advance(milliseconds=LONG)
    assert not process.standstill.was_just_now()
    process.monotonic.advance(milliseconds=1)
    assert process.standstill.was_just_now()
    await process.beat(monkeypatch)
    assert process.standstill.was_just_now()
    process.monotonic.advance(milliseconds=AFTERWARDS - 1)
    await process.beat(monkeypatch)
    assert process.standstill.was_just_now()
    process.monotonic.advance(milliseconds=1)
    assert not process.standstill.was_just_now()


async def test_it_beats_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT", 0)
    process = Process()
    beating = asyncio.create_task(process.standstill.run())
    for _ in range(20):
        process.monotonic.advance(milliseconds=LONG)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not process.standstill.was_just_now()
    beating.cancel()


@pytest.mark.parametrize("split", [False, True], ids=["one process", "a web tier alone"])
async def test_a_refresh_is_503_after_a_standstill_spends_nothing_and_is_served_a_moment_later(
    split: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process()
    async with housed(tmp_path, split=split, standstill=process.standstill) as house, house.browser() as browser:
        await register(browser, rememberMe=True)
        await process.beat(monkeypatch)
        process.monotonic.advance(milliseconds=LONG + 1)
        for path in ("/auth/refresh", "/auth/silent"):
            refused = await browser.post(path)
            assert (refused.status_code, code(refused), refused.headers["retry-after"]) == (503, "unavailable", "2")
            assert "set-cookie" not in refused.headers
        await process.beat(monkeypatch)
        assert (await browser.post("/auth/refresh")).status_code == 503
        process.monotonic.advance(milliseconds=AFTERWARDS)
        assert (await browser.post("/auth/refresh")).status_code == 200
