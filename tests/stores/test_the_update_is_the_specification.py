"""The store's one UPDATE does exactly what core/rotation.py says, to every column of every row."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest
from hypothesis import example, given, settings

from latchstring.core.rotation import (
    Presentation,
    apply_rotation,
    confirmed,
    decide_rotation,
    read_path,
)
from latchstring.core.session import Session
from latchstring.testing.memory import MemoryStore
from tests.rows import NOW, SESSION_ID, S, W, encounters, row, shown
from tests.stores.conftest import DATABASES
from tests.stores.engines import Running


@pytest.fixture(scope="module", params=DATABASES)
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    where = ":memory:" if request.param == "sqlite" else request.getfixturevalue("module_postgres_url")
    running = Running(where)
    yield running
    running.close()


@settings(max_examples=400, deadline=None)
@example((row(5, 6, head_at=NOW - W), shown(5)))
@example((row(5, 6, head_at=NOW - W - 1), shown(5)))
@example((row(5, confirmed_at=NOW - S), shown(4)))
@example((row(5, confirmed_at=NOW - S - 1), shown(4)))
@example((row(0, head_at=NOW), shown(0)))
@example((row(5, 8, condemned="1" * 52), shown(8, condemned_limit=52)))
@given(encounters())
def test_a_presentation_leaves_the_row_that_the_specification_says(
    running: Running, encounter: tuple[Session, Presentation]
) -> None:
    session, presentation = encounter

    async def present() -> None:
        store = running.store
        await store.insert_session(session)
        after = await store.present(presentation)
        stored = await store.session(SESSION_ID)
        assert stored is not None
        assert asdict(stored) == asdict(apply_rotation(session, presentation))
        assert read_path(presentation, after) is decide_rotation(session, presentation)
        if after is not None:
            assert {name: getattr(stored, name) for name in asdict(after)} == asdict(after)
        memory = MemoryStore()
        await memory.insert_session(session)
        assert await memory.present(presentation) == after
        assert await memory.session(SESSION_ID) == stored

    try:
        running.do(present())
    finally:
        running.do(_empty(running))


@settings(max_examples=200, deadline=None)
@given(encounters())
def test_a_proof_of_receipt_leaves_the_row_that_the_specification_says(
    running: Running, encounter: tuple[Session, Presentation]
) -> None:
    session, presentation = encounter
    generation = presentation.generation

    async def confirm() -> None:
        await running.store.insert_session(session)
        proves = (
            session.revoked_at is None and generation == session.head_gen > session.base_gen and not session.contested
        )
        assert await running.store.confirm(SESSION_ID, generation, NOW) is proves
        expected = confirmed(session, NOW) if proves else session
        stored = await running.store.session(SESSION_ID)
        assert stored is not None
        assert asdict(stored) == asdict(expected)
        memory = MemoryStore()
        await memory.insert_session(session)
        assert await memory.confirm(SESSION_ID, generation, NOW) is proves
        assert await memory.session(SESSION_ID) == stored

    try:
        running.do(confirm())
    finally:
        running.do(_empty(running))


def test_an_ending_by_replay_is_written_to_the_feed_with_the_row(running: Running) -> None:
    async def replay() -> None:
        store = running.store
        before = await store.feed_position()
        await store.insert_session(row(5))
        await store.present(shown(3))
        [ending] = await store.feed_after(before)
        assert (ending.session_id, ending.subject, ending.reason) == (SESSION_ID, "somebody", "replayed")
        assert ending.ended_at == NOW

    try:
        running.do(replay())
    finally:
        running.do(_empty(running))


async def _empty(running: Running) -> None:
    await running.store.forget_ended(10**18)
