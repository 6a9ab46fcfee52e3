"""Hundreds of random histories of one session, by the model and by each store: the same answers, step by step."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from latchstring.core.rotation import RotationPath
from latchstring.ports import SessionStore
from latchstring.testing.clock import SettableClock
from latchstring.testing.desk import Answer, Desk, HeldToken
from latchstring.testing.entropy import SeededEntropy
from latchstring.testing.memory import MemoryStore
from tests.contract.rotation_model import ENDED, STALE, Model, Result
from tests.stores.engines import session_store

pytestmark = pytest.mark.anyio


class Histories:
    @pytest.fixture
    def store(self) -> SessionStore:
        raise NotImplementedError

    @pytest.mark.parametrize("seed", range(5))
    async def test_every_step_is_answered_as_the_model_answers(self, store: SessionStore, seed: int) -> None:
        desk, clock = Desk(store=store, entropy=SeededEntropy(seed)), SettableClock()
        dice = random.Random(seed)
        seen: set[RotationPath] = set()
        for _ in range(80):
            seen |= await _history(desk, clock, dice)
        assert seen == set(RotationPath)


async def _history(desk: Desk, clock: SettableClock, dice: random.Random) -> set[RotationPath]:
    model, token = Model(), await desk.sign_in(clock())
    tokens, seen = {0: token}, set()
    for _ in range(14):
        clock.advance(milliseconds=1)
        chance, generation = dice.random(), dice.choice(list(tokens))
        if chance < 0.6:
            model, expected = model.present(generation)
            answer = await desk.present(tokens[generation], clock())
            assert _result(answer) == expected
            if answer.token is not None:
                # One generation, one secret: whoever is given it again is given the very same.
                assert tokens.setdefault(answer.token.generation, answer.token) == answer.token
            seen.add(answer.path)
        elif chance < 0.8:
            model = await _use(desk, clock, model, tokens[generation])
        else:
            clock.advance(seconds=3600)
            model = model.hours_pass()
    return seen


async def _use(desk: Desk, clock: SettableClock, model: Model, token: HeldToken) -> Model:
    after = model.use(token.generation)
    assert await desk.use(token, clock()) is (after != model)
    return after


def _result(answer: Answer) -> Result:
    if answer.token is not None:
        return ("token", answer.token.generation)
    return STALE if answer.path is RotationPath.STALE else ENDED


class TestInMemory(Histories):
    @pytest.fixture
    def store(self) -> SessionStore:
        return MemoryStore()


class TestInSQLite(Histories):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SessionStore]:
        async with session_store(tmp_path / "histories.db") as (_, store):
            yield store


class TestInPostgreSQL(Histories):
    @pytest.fixture
    async def store(self, postgres_url: str) -> AsyncIterator[SessionStore]:
        async with session_store(postgres_url) as (_, store):
            yield store
