"""Follows the revocation feed, so that a session that ended anywhere ends here: first its tokens, then its sockets.

Which time has to be shorter than which, so that one connection that died without a word does not shut a node whose
database is well:

| from the shortest on          | usual | because                                                                   |
|-------------------------------|-------|---------------------------------------------------------------------------|
| `feed_poll_seconds`           | 1 s   | goes by before a reading                                                  |
| `patience` with that          | 3 s   | so that three readings may hang within the silence, with no pause between |
| `feed_silence_seconds`        | 10 s  | then this node judges no token, and closes its sockets                    |
| PostgreSQL's `ANSWER_SECONDS` | 10 s  | would come too late: a reading does not wait for it                       |
"""

import asyncio
import logging

from latchstring.core.back_off import decide_wait
from latchstring.core.feed_cursor import FeedCursor
from latchstring.errors import EndReason, Unavailable
from latchstring.live.close_codes import SESSION_ENDED
from latchstring.live.connections import Connections
from latchstring.ports import Clock, Feed
from latchstring.revocations import DenySet
from latchstring.settings import Settings

log = logging.getLogger("latchstring.live")

TRIES = 3
"""Readings that may hang, one after the other, before the feed is silent."""
LONGEST_PAUSE = 5
"""In polls: the back-off after errors goes no further, since a silent feed is what shuts the node."""


def patience(settings: Settings) -> float:
    """Seconds without any progress after which a reading is given up, and another begun."""
    return (settings.feed_silence_seconds - settings.feed_poll_seconds) / TRIES


class Watcher:
    """Starts a little before the feed's newest ending and misses none after it. What ends on this node closes its
    sockets before the feed is read, so that nothing passes them once a sign-out is acknowledged. One for a node."""

    def __init__(
        self, feed: Feed, deny_set: DenySet, connections: Connections, *, settings: Settings, monotonic: Clock
    ) -> None:
        self._feed = feed
        self._deny_set = deny_set
        self._connections = connections
        self._poll = settings.feed_poll_seconds
        self._patience = patience(settings)
        self._monotonic = monotonic
        self._cursor: FeedCursor | None = None
        self._failures = 0
        self._tried = asyncio.Event()
        deny_set.when_added(self._close)

    async def tried(self) -> None:
        """Returns when the feed was read for the first time, or could not be (then this node answers 503)."""
        await self._tried.wait()

    async def run(self) -> None:
        """Until it is cancelled. Whatever fails is logged and tried again; meanwhile the deny-set falls silent."""
        while True:
            try:
                # A read that hangs would be a feed that is never heard again.
                async with asyncio.timeout(self._patience) as bound:
                    await self._read(bound)
                self._failures = 0
                self._tried.set()
                await self._wait(self._poll)
            except (Unavailable, TimeoutError) as trouble:
                log.warning("the revocation feed could not be read: %s", type(trouble).__name__)
                self._tried.set()
                # One that hung has waited already, and what it hung on is given up: the next may be answered at once.
                if not bound.expired():
                    await self._back_off()
            except Exception:
                log.exception("following the revocation feed failed")
                await self._back_off()

    async def _read(self, bound: asyncio.Timeout) -> None:
        began = self._monotonic()
        cursor = await self._place()
        try:
            await self._read_on(cursor, began, bound)
        finally:
            # Also where it was given up on the way: what makes a reading too long must not be waited for without end.
            cursor.give_up(began)
        self._deny_set.heard(began)
        self._deny_set.prune()

    async def _read_on(self, cursor: FeedCursor, began: int, bound: asyncio.Timeout) -> None:
        after = cursor.after
        while endings := await self._feed.feed_after(after):
            for ending in cursor.fresh(endings, began):
                self._deny_set.add(ending.session_id, ending.reason)
            after = cursor.next_after(endings[-1].position)
            bound.reschedule(asyncio.get_running_loop().time() + self._patience)

    async def _place(self) -> FeedCursor:
        newest = await self._feed.feed_position()
        if self._cursor is not None and self._cursor.goes_back(newest):
            log.warning("the revocation feed has lost endings that were there: was the database restored?")
            self._cursor = None
        # What ended before this is told by the rows: the first use of each token on a node reads its row.
        self._cursor = self._cursor or FeedCursor.behind(newest)
        return self._cursor

    def _close(self, session_id: str, reason: EndReason) -> None:
        self._connections.close_session(session_id, SESSION_ENDED, reason)

    async def _wait(self, seconds: float) -> None:
        """The wake-up saves waiting; the poll is the guarantee."""
        try:
            async with asyncio.timeout(seconds):
                await self._feed.feed_changed()
        except TimeoutError:
            return

    def pause(self) -> float:
        """Seconds until the next try, after so many failures in a row."""
        return decide_wait(self._failures, first=self._poll, longest=LONGEST_PAUSE * self._poll)

    async def _back_off(self) -> None:
        """A wake-up ends it, for it says that the database is there. But not before a poll: other nodes' may come by
        another way, one after the other, while this one is cut off."""
        self._tried.set()
        self._failures += 1
        await asyncio.sleep(self._poll)
        await self._wait(self.pause() - self._poll)
