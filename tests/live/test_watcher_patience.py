"""For how long the watcher waits: for an answer, for a place that may never be filled, and after a failure."""

import asyncio

import pytest

from latchstring.core.feed_cursor import PATIENCE, FeedCursor
from latchstring.core.session import Ending
from latchstring.database_clock import monotonic_clock
from latchstring.live import Connections, Watcher
from latchstring.live.watcher import TRIES, patience
from latchstring.revocations import DenySet
from latchstring.settings import Settings
from latchstring.stores.postgres_connecting import CONNECT_SECONDS
from latchstring.stores.postgres_line import ANSWER_SECONDS
from latchstring.testing import SettableClock
from tests.live.node import Node, until

pytestmark = pytest.mark.anyio
PORTION = 10


class Following:
    """A feed of these places, and its follower. A reading is answered so many times before it hangs."""

    def __init__(self, answers: int, *, silence: float = 30.0) -> None:
        self.there = [1]
        self.answers = answers
        self.readings = 0
        self.monotonic = SettableClock(0)
        self._left = 0
        settings = Settings(feed_poll_seconds=0.01, feed_silence_seconds=silence)
        self.deny_set = DenySet(keep_seconds=3600, silence_seconds=silence, monotonic=self.monotonic)
        self.watcher = Watcher(self, self.deny_set, Connections(), settings=settings, monotonic=self.monotonic)
        self.watcher._patience = 0.05

    async def feed_position(self) -> int:
        self.readings += 1
        self._left = self.answers
        return self.there[-1]

    async def feed_after(self, position: int, limit: int = 1000) -> list[Ending]:
        if not self._left:
            await asyncio.Event().wait()
        self._left -= 1
        places = [place for place in self.there if place > position][:PORTION]
        return [Ending(place, f"session {place}", "anna", "signed_out", 0) for place in places]

    async def feed_changed(self) -> None:
        await asyncio.Event().wait()

    @property
    def cursor(self) -> FeedCursor:
        assert self.watcher._cursor is not None
        return self.watcher._cursor


@pytest.mark.parametrize(("poll", "silence"), [(1.0, 10.0), (0.05, 30.0), (3600.0, 7200.0), (9.9, 10.0)])
def test_a_third_reading_may_hang_as_long_as_the_two_before_it_within_the_silence(poll: float, silence: float) -> None:
    one = patience(Settings(feed_poll_seconds=poll, feed_silence_seconds=silence))
    assert one > 0
    assert TRIES >= 3
    assert poll + TRIES * one <= silence


def test_a_reading_is_given_up_before_its_store_does_and_after_a_second_host_was_asked() -> None:
    """Two hosts of an address have half of the time each, and the one that is gone may be asked first."""
    assert CONNECT_SECONDS / 2 < patience(Settings()) < ANSWER_SECONDS


async def test_two_readings_that_hang_do_not_shut_a_node_whose_third_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when connections died without a word: each try gives one up, and finds the database well in the end."""
    node = Node(settings=Settings(feed_poll_seconds=0.1, feed_silence_seconds=4))
    feed_position, hung, silent = node.store.feed_position, [2], list[bool]()
    for each in (node.deny_set, node.watcher):
        monkeypatch.setattr(each, "_monotonic", monotonic_clock)

    async def hanging() -> int:
        if node.store.feed_reads and hung[0]:
            hung[0] -= 1
            await asyncio.Event().wait()
        silent.append(node.deny_set.silent())
        return await feed_position()

    monkeypatch.setattr(node.store, "feed_position", hanging)
    async with node.watching():
        await until(lambda: len(silent) == 3)
    assert hung == [0]
    # Before the first reading of all nothing is known; then never again.
    assert silent == [True, False, False]


async def test_a_mass_sign_out_behind_a_gap_is_read_to_its_end_in_however_many_tries() -> None:
    feed = Following(answers=4)
    following = asyncio.create_task(feed.watcher.run())
    await feed.watcher.tried()
    feed.there += range(3, 200)
    await until(lambda: feed.deny_set.reason("session 199"))
    assert feed.cursor.after == 1
    assert all(feed.deny_set.reason(f"session {place}") for place in feed.there if place > 1)
    following.cancel()
    await asyncio.wait((following,))


async def test_a_place_is_given_up_in_the_end_though_no_reading_comes_to_its_own() -> None:
    feed = Following(answers=2)
    following = asyncio.create_task(feed.watcher.run())
    await feed.watcher.tried()
    feed.there.append(3)
    feed.answers = 1
    await until(lambda: feed.cursor.newest == 3)
    feed.monotonic.advance(milliseconds=PATIENCE)
    readings = feed.readings + 2
    await until(lambda: feed.readings >= readings)
    assert feed.cursor.after == 1
    feed.monotonic.advance(milliseconds=1)
    await until(lambda: feed.cursor.after == 2)
    following.cancel()
    await asyncio.wait((following,))


async def test_a_reading_that_goes_on_is_not_given_up_however_long_it_is() -> None:
    feed = Following(answers=1000)
    feed_after = feed.feed_after

    async def slowly(position: int, limit: int = 1000) -> list[Ending]:
        # Five portions are longer than the patience.
        await asyncio.sleep(feed.watcher._patience / 4)
        return await feed_after(position, limit)

    feed.watcher._patience = 1
    feed.feed_after = slowly  # type: ignore[method-assign]
    following = asyncio.create_task(feed.watcher.run())
    await feed.watcher.tried()
    readings = feed.readings
    feed.there += range(2, 60)
    await until(lambda: feed.deny_set.reason("session 59"))
    assert feed.readings == readings + 1
    following.cancel()
    await asyncio.wait((following,))


async def test_a_wake_up_ends_the_pause_after_failures() -> None:
    """It says that the database is there: the bell is heard again, or somebody's sign-out was written."""
    node = Node(settings=Settings(feed_poll_seconds=0.05, feed_silence_seconds=7200))
    pair = await node.sign_in()
    async with node.watching():
        node.store.down = True
        # So many that the next pause would be as long as this test may last.
        node.watcher._failures = 2
        node.watcher.pause = lambda: 3600.0  # type: ignore[method-assign]
        await until(lambda: node.watcher._failures == 3)
        node.store.down = False
        await node.store.end_session(pair.session_id, "signed_out", node.clock())
        await until(lambda: node.deny_set.reason(pair.session_id))
