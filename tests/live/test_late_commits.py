"""An ending that is committed after a later one, on a real PostgreSQL: it is followed all the same."""

import asyncio

import asyncpg
import pytest

from latchstring.settings import Settings
from tests.stores.following import Follower, following
from tests.stores.postgres_house import raw

pytestmark = pytest.mark.anyio
POLLED = Settings(feed_poll_seconds=0.05, feed_silence_seconds=30)
END = "UPDATE latchstring_sessions SET revoked_at = 1, revoke_reason = 'signed_out' WHERE id = $1"


async def known(follower: Follower, *session_ids: str) -> list[bool]:
    return [follower.deny_set.reason(session_id) is not None for session_id in session_ids]


async def ends(connection: asyncpg.Connection, session_id: str) -> None:
    """Its place in the feed is given now, and seen when the transaction is committed."""
    assert await connection.execute(END, session_id) == "UPDATE 1"


async def test_an_ending_that_is_committed_after_a_later_one_is_followed(postgres_url: str) -> None:
    async with following(postgres_url, settings=POLLED) as node, raw(postgres_url) as slow, raw(postgres_url) as quick:
        late, rolled_back, early, last = await node.sign_in(1, 4)
        async with slow.transaction():
            await ends(slow, late)
            undone = quick.transaction()
            await undone.start()
            await ends(quick, rolled_back)
            await undone.rollback()
            await ends(quick, early)
            await node.knows(early)
            # Others come behind it, and it is still waited for.
            await ends(quick, last)
            await node.knows(last)
            assert await known(node, late, rolled_back) == [False, False]
        await node.knows(late)
        assert await known(node, late, rolled_back, early, last) == [True, False, True, True]


async def test_a_node_that_starts_between_the_two_follows_both(postgres_url: str) -> None:
    async with following(postgres_url, settings=POLLED) as first, raw(postgres_url) as slow, raw(postgres_url) as quick:
        late, early = await first.sign_in(2, 2)
        async with slow.transaction():
            await ends(slow, late)
            await ends(quick, early)
            await first.knows(early)
            async with following(postgres_url, settings=POLLED) as second:
                await second.knows(early)
                assert await known(second, late) == [False]
                await slow.execute("COMMIT")
                await second.knows(late)
            await slow.execute("BEGIN")
        await first.knows(late)


async def test_of_hundreds_that_end_in_any_order_none_is_passed_over(postgres_url: str) -> None:
    async with following(postgres_url, settings=POLLED) as node:
        ids = await node.sign_in(3, 200)

        async def end_with(number: int) -> None:
            async with raw(postgres_url) as connection:
                for session_id in ids[number::8]:
                    async with connection.transaction():
                        await ends(connection, session_id)
                        # Whoever took a place first is often not the first to commit.
                        await connection.execute("SELECT pg_sleep(random() * 0.01)")

        await asyncio.gather(*map(end_with, range(8)))
        await node.knows(*ids)
