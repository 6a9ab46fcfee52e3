"""Follows the revocation feed, so that a session that ended anywhere ends here: first its tokens, then its sockets."""

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

LONGEST_PAUSE = 5
"""In polls: the back-off after errors goes no further, since a silent feed is what shuts the node."""


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
        self._silence = settings.feed_silence_seconds
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
                async with asyncio.timeout(self._silence):
                    await self._read()
                self._failures = 0
                self._tried.set()
                await self._wait_for_more()
            except (Unavailable, TimeoutError) as trouble:
                log.warning("the revocation feed could not be read: %s", type(trouble).__name__)
                await self._back_off()
            except Exception:
                log.exception("following the revocation feed failed")
                await self._back_off()

    async def _read(self) -> None:
        began = self._monotonic()
        cursor = await self._place()
        after = cursor.after
        while endings := await self._feed.feed_after(after):
            for ending in cursor.fresh(endings, began):
                self._deny_set.add(ending.session_id, ending.reason)
            after = endings[-1].position
        cursor.give_up(began)
        self._deny_set.heard(began)
        self._deny_set.prune()

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

    async def _wait_for_more(self) -> None:
        """The wake-up saves waiting; the poll is the guarantee."""
        try:
            async with asyncio.timeout(self._poll):
                await self._feed.feed_changed()
        except TimeoutError:
            return

    def pause(self) -> float:
        """Seconds until the next try, after so many failures in a row."""
        return decide_wait(self._failures, first=self._poll, longest=LONGEST_PAUSE * self._poll)

    async def _back_off(self) -> None:
        self._tried.set()
        self._failures += 1
        await asyncio.sleep(self.pause())
