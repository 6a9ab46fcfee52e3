"""LISTEN and NOTIFY: other nodes are woken at once; and a connection that is lost, however quietly, loses nothing."""

import asyncio
import logging

import pytest

from latchstring.stores import postgres_bell
from latchstring.stores.postgres_address import PostgresAddress
from latchstring.stores.postgres_bell import PostgresBell
from tests.backing.process import free_port
from tests.stores.following import following
from tests.stores.postgres_house import drop_all, raw, wire_to
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_bell, "LONGEST_PAUSE", 0.05)


async def test_an_ending_wakes_the_other_nodes_and_not_its_own(postgres_url: str) -> None:
    async with following(postgres_url) as one, following(postgres_url) as two:
        for follower in (one, two):
            await follower.is_woken(1)
        here, there = await one.sign_in(1, 2)
        await one.sign_out(here)
        await two.knows(here)
        # Notices come in one order: an echo of its own ring would have come before this one.
        await two.sign_out(there)
        await one.knows(here, there)
        assert (one.wake_ups, two.wake_ups) == (2, 2)


async def test_every_ending_is_heard_of_however_many_there_are(postgres_url: str) -> None:
    async with following(postgres_url) as one, following(postgres_url) as two:
        await two.is_woken(1)
        ids = await one.sign_in(2, 50)
        for session_id in ids:
            await one.sign_out(session_id)
        await two.knows(*ids)


async def test_a_connection_that_is_dropped_is_made_anew_and_what_was_missed_is_read_at_once(
    postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "latchstring.stores")
    async with (
        wire_to(postgres_url) as (wire, through),
        following(postgres_url) as one,
        following(postgres_url, bell_at=through) as two,
    ):
        await two.is_woken(1)
        missed, after = await one.sign_in(3, 2)
        wire.cut()
        await until(lambda: "wake-ups are not heard" in caplog.text)
        await one.sign_out(missed)
        wire.mend()
        await two.knows(missed)
        await one.sign_out(after)
        await two.knows(after)
        assert caplog.text.count("wake-ups are not heard") == 1
        assert caplog.text.count("wake-ups are heard again") == 1


async def test_a_connection_that_dies_without_a_word_is_noticed_and_what_was_missed_is_read_at_once(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        wire_to(postgres_url) as (wire, through),
        following(postgres_url) as one,
        following(postgres_url, bell_at=through) as two,
    ):
        await two.is_woken(1)
        monkeypatch.setattr(postgres_bell, "LISTEN_SECONDS", 0.2)
        # The wait that has begun is still the long one; a ring ends it.
        [first, missed, after] = await one.sign_in(4, 3)
        await two.sign_out(first)
        wire.drop_silently()
        await one.sign_out(missed)
        await two.knows(missed)
        await one.sign_out(after)
        await two.knows(after)


async def test_a_server_that_hangs_is_given_up_and_asked_again_until_it_answers(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        wire_to(postgres_url) as (wire, through),
        following(postgres_url) as one,
        following(postgres_url, bell_at=through) as two,
    ):
        await two.is_woken(1)
        monkeypatch.setattr(postgres_bell, "LISTEN_SECONDS", 0.2)
        first, missed = await one.sign_in(5, 2)
        await two.sign_out(first)
        wire.hang()
        await one.sign_out(missed)
        # Else its first question would be answered after all, and nothing would have been given up.
        await until(lambda: "wake-ups are not heard, endings are polled for: TimeoutError" in caplog.text)
        wire.mend()
        await two.knows(missed)


async def test_whoever_could_not_ring_does_so_as_soon_as_they_can(postgres_url: str) -> None:
    async with (
        wire_to(postgres_url) as (wire, through),
        following(postgres_url, bell_at=through) as one,
        following(postgres_url) as two,
    ):
        for follower in (one, two):
            await follower.is_woken(1)
        wire.cut()
        [session_id] = await one.sign_in(7)
        await one.sign_out(session_id)
        wire.mend()
        await two.knows(session_id)


async def test_a_server_that_ends_every_connection_costs_a_moment(postgres_url: str) -> None:
    async with following(postgres_url) as one, following(postgres_url) as two:
        for round_ in range(3):
            await drop_all(postgres_url)
            [session_id] = await one.sign_in(60 + round_)
            await one.sign_out(session_id)
            await two.knows(session_id)


async def test_somebody_elses_notices_are_not_ours(postgres_url: str) -> None:
    async with following(postgres_url) as one, raw(postgres_url) as other:
        await one.is_woken(1)
        await other.execute("NOTIFY something_else")
        await other.execute(f"NOTIFY {postgres_bell.CHANNEL}")
        await one.is_woken(2)
        assert one.wake_ups == 2


async def test_it_goes_on_trying_however_often_it_failed() -> None:
    bell = PostgresBell(PostgresAddress.from_url(f"postgresql://127.0.0.1:{free_port()}/nobody"), lambda: None)
    # As after an hour and a half: 2 to the power of 1,024 is no float.
    bell._failures = 1_020
    running = asyncio.create_task(bell.run())
    await until(lambda: bell._failures > 1_030 or running.done())
    assert not running.done()
    running.cancel()
    await asyncio.wait((running,))
