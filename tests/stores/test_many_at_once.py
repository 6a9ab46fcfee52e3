"""Presenters at once, through one engine and through fifty on one database: one winner, identical answers."""

import asyncio
import threading
from pathlib import Path

import pytest

from latchstring.core.rotation import RotationPath
from latchstring.testing.desk import Answer, Desk, HeldToken
from latchstring.testing.entropy import SeededEntropy
from tests.rows import NOW
from tests.stores.engines import session_store

pytestmark = pytest.mark.anyio
PRESENTERS = 50


def one_won(answers: list[Answer]) -> bool:
    paths = [answer.path for answer in answers]
    same = len({answer.token for answer in answers}) == 1
    return same and paths.count(RotationPath.ROTATE) == 1 and paths.count(RotationPath.REPEAT) == PRESENTERS - 1


async def test_fifty_tasks_on_one_engine(where: Path | str) -> None:
    async with session_store(where) as (_, store):
        desk = Desk(store=store, entropy=SeededEntropy(4))
        for _ in range(10):
            token = await desk.sign_in(NOW)
            assert one_won(await asyncio.gather(*(desk.present(token, NOW) for _ in range(PRESENTERS))))


async def test_fifty_threads_with_an_engine_each_on_one_database(where: Path | str) -> None:
    async with session_store(where) as (_, store):
        token = await Desk(store=store, entropy=SeededEntropy(5)).sign_in(NOW)
    at_once = threading.Barrier(PRESENTERS)
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda seed=seed: answers.append(asyncio.run(_present(where, token, at_once, seed))))
        for seed in range(PRESENTERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert one_won(answers)


async def _present(where: Path | str, token: HeldToken, at_once: threading.Barrier, seed: int) -> Answer:
    patient = {"readers": 1, "busy_seconds": 60} if isinstance(where, Path) else {}
    async with session_store(where, **patient) as (_, store):
        await asyncio.to_thread(at_once.wait)
        return await Desk(store=store, entropy=SeededEntropy(seed)).present(token, NOW)
