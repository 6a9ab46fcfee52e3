"""Which key rings a database lets sign: noted at each start, told apart where several nodes begin at once."""

import asyncio
from pathlib import Path

import pytest

from latchstring.core.keys import Key, KeyRing
from latchstring.core.session import Session
from latchstring.errors import ConfigurationError
from latchstring.ports import Engine, Statement
from latchstring.stores.known_keys import end_all_and_forget_keys, note_keys
from latchstring.stores.sessions import SQLSessionStore
from tests.stores.engines import session_store

pytestmark = pytest.mark.anyio

ONE, TWO, OTHER = Key(1, b"1" * 32), Key(2, b"2" * 32), Key(1, b"o" * 32)
OLD, NEW = KeyRing([ONE]), KeyRing([TWO, ONE])
AFTER = KeyRing([TWO], [OLD.fingerprint(1)])


async def noted(engine: Engine) -> list[tuple[object, ...]]:
    return await engine.read(
        Statement("SELECT key_id, first_seen_at, retired_at FROM latchstring_keys ORDER BY first_seen_at, key_id")
    )


async def test_each_start_notes_what_is_new_and_what_was_taken_out(where: Path | str) -> None:
    async with session_store(where) as (engine, _):
        for now, ring in ((10, OLD), (20, OLD), (30, NEW), (40, OLD), (50, AFTER), (60, NEW), (70, AFTER)):
            await note_keys(engine, ring, now)
        assert await noted(engine) == [(1, 10, 50), (2, 30, None)]
        with pytest.raises(ConfigurationError, match="retired by the other nodes"):
            await note_keys(engine, OLD, 80)


async def test_of_nodes_that_begin_at_once_with_rings_of_their_own_one_is_refused(where: Path | str) -> None:
    rings = [KeyRing([Key(1, bytes([number]) * 32)]) for number in range(6)]
    async with session_store(where) as (engine, _):
        outcomes = await asyncio.gather(*(note_keys(engine, ring, 1) for ring in rings), return_exceptions=True)
        assert sorted(type(each).__name__ for each in outcomes) == ["ConfigurationError"] * 5 + ["NoneType"]
        assert len(await noted(engine)) == 1


async def test_nodes_that_begin_at_once_with_one_ring_all_start(where: Path | str) -> None:
    async with session_store(where) as (engine, _):
        await asyncio.gather(*(note_keys(engine, NEW, 1) for _ in range(6)))
        assert [row[0] for row in await noted(engine)] == [1, 2]


def signed_in(number: int) -> Session:
    return Session(
        id=f"00000000-0000-4000-8000-{number:012}",
        subject="ada",
        remembered=True,
        device="Firefox",
        address="192.0.2.1",
        inserted_at=1,
        last_seen_at=1,
        base_gen=1,
        base_hash=b"h" * 32,
        head_gen=1,
        head_hash=b"h" * 32,
        sealed=None,
        prev_gen=0,
        confirmed_at=1,
        head_at=1,
        handed_at=1,
        contested=False,
        condemned="",
        idle_until=10**12,
        expires_at=None,
        revoked_at=None,
        revoke_reason=None,
    )


async def test_forgetting_the_keys_ends_every_session_and_says_so_in_the_feed(where: Path | str) -> None:
    async with session_store(where) as (engine, store):
        await note_keys(engine, OLD, 1)
        await asyncio.gather(*(store.insert_session(signed_in(number)) for number in range(1100)))
        assert await end_all_and_forget_keys(engine, 5) == 1100
        assert await store.feed_position() == 1100
        assert await store.sessions_of("ada", 6) == []
        await note_keys(engine, KeyRing([OTHER]), 6)
        assert await noted(engine) == [(1, 6, None)]


def test_the_keys_come_with_the_sessions_tables() -> None:
    assert (SQLSessionStore.migrations / "002_keys.sqlite.sql").read_text().startswith("-- Older versions may run")
