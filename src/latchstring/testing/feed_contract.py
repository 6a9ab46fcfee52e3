"""What every revocation feed has to do. Inherit it, and give it a `store` that is a session store and a feed."""

import asyncio
from typing import Protocol

import pytest

from latchstring.core.session import Ending
from latchstring.ports import Feed, SessionStore
from latchstring.testing.desk import Desk
from latchstring.testing.entropy import SeededEntropy

NOW = 1_800_000_000_000
HOUR = 3_600_000


class StoreWithFeed(SessionStore, Feed, Protocol):
    pass


class FeedContract:
    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def store(self) -> StoreWithFeed:
        raise NotImplementedError("give the suite an empty store")

    @pytest.fixture
    def desk(self, store: StoreWithFeed) -> Desk:
        return Desk(store=store, entropy=SeededEntropy(2))

    async def test_an_empty_feed_is_at_position_nought(self, store: StoreWithFeed) -> None:
        assert await store.feed_position() == 0
        assert await store.feed_after(0) == []

    async def test_every_way_of_ending_is_said_once_and_in_order(self, store: StoreWithFeed, desk: Desk) -> None:
        replaced, out, replayed, elsewhere = [await desk.sign_in(NOW, subject=f"user {n}") for n in range(4)]
        session, _ = desk.new_session(NOW + 1)
        await store.insert_session(session, ends=replaced.session_id)
        await store.end_session(out.session_id, "signed_out", NOW + 2)
        newest = (await desk.present(replayed, NOW)).token
        assert newest is not None
        await desk.use(newest, NOW)
        await desk.present(replayed, NOW + HOUR)
        await store.end_sessions("user 3", "password_changed", NOW + HOUR + 1)
        assert [_without_position(ending) for ending in await store.feed_after(0)] == [
            (replaced.session_id, "user 0", "signed_out", NOW + 1),
            (out.session_id, "user 1", "signed_out", NOW + 2),
            (replayed.session_id, "user 2", "replayed", NOW + HOUR),
            (elsewhere.session_id, "user 3", "password_changed", NOW + HOUR + 1),
        ]

    async def test_what_ended_nothing_says_nothing(self, store: StoreWithFeed, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        await store.end_session(token.session_id, "signed_out", NOW)
        position = await store.feed_position()
        await store.end_session(token.session_id, "signed_out", NOW)
        await store.end_sessions("somebody", "signed_out", NOW)
        await store.end_session("nobody's", "signed_out", NOW)
        await desk.present(token, NOW)
        assert await store.feed_position() == position

    async def test_a_follower_reads_on_from_its_position_in_portions(self, store: StoreWithFeed, desk: Desk) -> None:
        ids = [(await desk.sign_in(NOW)).session_id for _ in range(5)]
        for session_id in ids:
            await store.end_session(session_id, "signed_out", NOW)
        position, read = 0, []
        while portion := await store.feed_after(position, limit=2):
            assert len(portion) <= 2
            read += [ending.session_id for ending in portion]
            position = portion[-1].position
        assert read == ids
        assert position == await store.feed_position()

    async def test_a_position_is_never_given_twice(self, store: StoreWithFeed, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        await store.end_session(token.session_id, "signed_out", NOW)
        position = await store.feed_position()
        await store.forget_ended(NOW + 1)
        assert await store.feed_after(0) == []
        token = await desk.sign_in(NOW)
        await store.end_session(token.session_id, "signed_out", NOW + 2)
        [ending] = await store.feed_after(position)
        assert ending.session_id == token.session_id

    async def test_old_endings_are_forgotten_and_newer_ones_kept(self, store: StoreWithFeed, desk: Desk) -> None:
        old, new = await desk.sign_in(NOW), await desk.sign_in(NOW)
        await store.end_session(old.session_id, "signed_out", NOW + 4)
        await store.end_session(new.session_id, "signed_out", NOW + 5)
        await store.forget_ended(NOW + 5)
        assert [ending.session_id for ending in await store.feed_after(0)] == [new.session_id]

    async def test_everybody_who_waits_is_woken_by_an_ending(self, store: StoreWithFeed, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        followers = [asyncio.create_task(_next_endings(store)) for _ in range(3)]
        await _let_others_run()
        assert not any(follower.done() for follower in followers)
        await store.end_session(token.session_id, "signed_out", NOW)
        for endings in await asyncio.wait_for(asyncio.gather(*followers), 30):
            assert [ending.session_id for ending in endings] == [token.session_id]

    async def test_an_ending_between_a_read_and_the_wait_is_not_slept_through(
        self, store: StoreWithFeed, desk: Desk
    ) -> None:
        token = await desk.sign_in(NOW)
        for _ in range(2):
            assert await store.feed_after(await store.feed_position()) == []
            await store.end_session(token.session_id, "signed_out", NOW)
            # In a task of its own, as `asyncio.wait_for` has it in some versions.
            await asyncio.wait_for(asyncio.create_task(store.feed_changed()), 30)
            token = await desk.sign_in(NOW)

    async def test_several_followers_each_hear_of_an_ending_that_another_has_read(
        self, store: StoreWithFeed, desk: Desk
    ) -> None:
        token = await desk.sign_in(NOW)
        have_read, ended = asyncio.Barrier(4), asyncio.Event()

        async def follow() -> None:
            await store.feed_after(0)
            await have_read.wait()
            await ended.wait()
            await store.feed_changed()
            await store.feed_after(0)

        followers = [asyncio.create_task(follow()) for _ in range(3)]
        await have_read.wait()
        await store.end_session(token.session_id, "signed_out", NOW)
        ended.set()
        await asyncio.wait_for(asyncio.gather(*followers), 30)

    async def test_who_has_read_everything_sleeps(self, store: StoreWithFeed, desk: Desk) -> None:
        token = await desk.sign_in(NOW)
        await store.end_session(token.session_id, "signed_out", NOW)
        await store.feed_after(0)
        wait = asyncio.create_task(store.feed_changed())
        await _let_others_run()
        assert not wait.done()
        wait.cancel()


async def _next_endings(store: StoreWithFeed) -> list[Ending]:
    await store.feed_after(0)
    await store.feed_changed()
    return await store.feed_after(0)


async def _let_others_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0.001)


def _without_position(ending: Ending) -> tuple[str, str, str, int]:
    return (ending.session_id, ending.subject, ending.reason, ending.ended_at)
