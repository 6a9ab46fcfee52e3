"""As much of a node as follows the revocation feed of a PostgreSQL: its store, its watcher and its bell."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from latchstring.live import Connections, Watcher
from latchstring.revocations import DenySet
from latchstring.settings import Settings
from latchstring.stores.postgres_address import PostgresAddress
from latchstring.stores.postgres_bell import PostgresBell
from latchstring.stores.sessions import SQLSessionStore
from latchstring.testing.desk import Desk
from latchstring.testing.entropy import SeededEntropy
from tests.rows import NOW
from tests.stores.engines import session_store
from tests.stories.waiting import until

NO_POLL = Settings(feed_poll_seconds=3600, feed_silence_seconds=7200)
"""Whatever such a follower learns, it was woken for."""


def monotonic() -> int:
    return time.monotonic_ns() // 1_000_000


@dataclass
class Follower:
    store: SQLSessionStore
    deny_set: DenySet
    wake_ups: int = 0

    def wake(self) -> None:
        self.wake_ups += 1
        self.store.wake_up()

    async def knows(self, *session_ids: str) -> None:
        """Returns when it does."""
        await until(lambda: all(self.deny_set.reason(session_id) for session_id in session_ids))

    async def is_woken(self, times: int) -> None:
        await until(lambda: self.wake_ups >= times)

    async def sign_in(self, seed: int, number: int = 1) -> list[str]:
        desk = Desk(store=self.store, entropy=SeededEntropy(seed))
        return [(await desk.sign_in(NOW)).session_id for _ in range(number)]

    async def sign_out(self, session_id: str) -> None:
        assert await self.store.end_session(session_id, "signed_out", NOW)


@asynccontextmanager
async def following(url: str, *, settings: Settings = NO_POLL, bell_at: str | None = None) -> AsyncIterator[Follower]:
    """`bell_at` is the address that its bell has, and its store has not."""
    async with session_store(f"{url}?pool=3") as (_, store):
        deny_set = DenySet(keep_seconds=3600, silence_seconds=settings.feed_silence_seconds, monotonic=monotonic)
        follower = Follower(store, deny_set)
        watcher = Watcher(store, deny_set, Connections(), settings=settings, monotonic=monotonic)
        bell = PostgresBell(PostgresAddress.from_url(bell_at or url), follower.wake)
        store.when_ended(bell.ring)
        tasks = [asyncio.create_task(watcher.run()), asyncio.create_task(bell.run())]
        try:
            await watcher.tried()
            yield follower
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
