"""The watcher: first the deny-set, then the sockets; and a feed that cannot be read shuts the node, not its sockets."""

import asyncio
from typing import Any

import pytest

from latchstring.core.session import Ending
from latchstring.errors import InvalidAuthToken, StoreUnavailable, Unavailable
from latchstring.live import Watcher
from latchstring.settings import Settings
from tests.live.node import Node, until

pytestmark = pytest.mark.anyio


async def until_read(node: Node) -> None:
    """Until the feed was read from beginning to end once more."""
    reads = node.store.feed_reads + 2
    await until(lambda: node.store.feed_reads >= reads)


async def test_tokens_are_refused_before_sockets_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node()
    pair = await node.sign_in()
    known: list[Any] = []

    def close_session(session_id: str, code: int, reason: str) -> int:
        known.append((node.deny_set.reason(session_id), code, reason))
        return 0

    monkeypatch.setattr(node.connections, "close_session", close_session)
    async with node.watching():
        await node.store.end_session(pair.session_id, "password_changed", node.clock())
        await until_read(node)
    assert known == [("password_changed", 4401, "password_changed")]


async def test_the_end_of_a_session_on_another_node_is_refused_here() -> None:
    node = Node()
    pair = await node.sign_in()
    async with node.watching():
        await node.sessions.authenticate(pair.auth_token)
        await node.store.end_session(pair.session_id, "signed_out", node.clock())
        await until_read(node)
        with pytest.raises(InvalidAuthToken):
            await node.sessions.authenticate(pair.auth_token)


async def test_a_wake_up_is_heard_without_waiting_for_the_poll() -> None:
    node = Node(settings=Settings(feed_poll_seconds=3600, feed_silence_seconds=7200))
    pairs = [await node.sign_in() for _ in range(3)]
    async with node.watching(), asyncio.timeout(30):
        for pair in pairs:
            await node.store.end_session(pair.session_id, "signed_out", node.clock())
            await until(lambda pair=pair: node.deny_set.reason(pair.session_id))  # type: ignore[misc]


async def test_a_node_knows_nothing_before_it_has_read_the_feed() -> None:
    node = Node()
    pair = await node.sign_in()
    with pytest.raises(Unavailable):
        await node.sessions.authenticate(pair.auth_token)
    async with node.watching():
        await node.sessions.authenticate(pair.auth_token)


async def test_a_node_that_starts_without_its_store_answers_503_and_recovers() -> None:
    node = Node()
    pair = await node.sign_in()
    node.store.down = True
    async with node.watching():
        with pytest.raises(Unavailable):
            await node.sessions.authenticate(pair.auth_token)
        node.store.down = False
        await until_read(node)
        await node.sessions.authenticate(pair.auth_token)


async def test_more_endings_than_one_read_returns_are_all_followed() -> None:
    node = Node()
    pairs = [await node.sign_in() for _ in range(2500)]
    async with node.watching():
        await node.store.end_sessions("anna", "signed_out_elsewhere", node.clock())
        await until_read(node)
    assert all(node.deny_set.reason(pair.session_id) == "signed_out_elsewhere" for pair in pairs)


async def test_endings_from_just_before_the_start_are_read_again_for_some_may_be_committed_late() -> None:
    node = Node()
    pair = await node.sign_in()
    await node.store.end_session(pair.session_id, "signed_out", node.clock())
    async with node.watching():
        assert node.deny_set.reason(pair.session_id) == "signed_out"
        with pytest.raises(InvalidAuthToken):
            await node.sessions.authenticate(pair.auth_token)


@pytest.mark.parametrize("trouble", [StoreUnavailable(), ZeroDivisionError()])
async def test_whatever_fails_is_logged_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    node = Node()
    pair = await node.sign_in()
    feed_after, failures = node.store.feed_after, [trouble, trouble]

    async def failing(position: int, limit: int = 1000) -> list[Ending]:
        if failures:
            raise failures.pop()
        return await feed_after(position, limit)

    monkeypatch.setattr(node.store, "feed_after", failing)
    async with node.watching():
        await node.store.end_session(pair.session_id, "signed_out", node.clock())
        await until_read(node)
    assert node.deny_set.reason(pair.session_id) == "signed_out"
    assert len([record for record in caplog.records if "revocation feed" in record.message]) == 2
    assert type(trouble).__name__ in caplog.text


async def test_a_read_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    node = Node()
    hung, silent = [True], list[bool]()
    feed_after = node.store.feed_after

    async def hanging(position: int, limit: int = 1000) -> list[Ending]:
        if hung:
            hung.clear()
            await asyncio.Event().wait()
        silent.append(node.deny_set.silent())
        return await feed_after(position, limit)

    monkeypatch.setattr(node.store, "feed_after", hanging)
    node.watcher._patience = 0.05
    async with node.watching():
        await until_read(node)
    assert (silent[0], silent[-1]) == (True, False)
    assert "TimeoutError" in caplog.text


def test_the_pauses_between_tries_grow_but_stay_below_the_bound_for_silence() -> None:
    node = Node()
    watcher = Watcher(node.store, node.deny_set, node.connections, settings=node.settings, monotonic=node.monotonic)
    pauses = []
    for failures in range(1, 8):
        watcher._failures = failures
        pauses.append(round(watcher.pause() / node.settings.feed_poll_seconds))
    assert pauses == [1, 2, 4, 5, 5, 5, 5]
