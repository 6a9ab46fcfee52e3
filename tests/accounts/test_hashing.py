"""The hashing pool: bounded, beside the event loop, equal for known and unknown."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from latchstring import hashing
from latchstring.errors import HashingBusy, InvalidRequest
from latchstring.hashing import OWASP, QUICK_FOR_TESTS, HashingPool, HashingProfile, PasswordHasher

pytestmark = pytest.mark.anyio
PASSWORD = "nine green herons wading"


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    hasher = PasswordHasher(QUICK_FOR_TESTS, workers=1)
    yield hasher
    hasher.close()


@pytest.fixture
def pool() -> Iterator[HashingPool]:
    pool = HashingPool(1, queue=1)
    yield pool
    pool.close()


async def test_a_password_is_right_for_its_own_hash_alone(hasher: PasswordHasher) -> None:
    encoded = await hasher.hash(PASSWORD)
    assert encoded.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert await hasher.verify(encoded, PASSWORD)
    assert not await hasher.verify(encoded, PASSWORD + " ")
    assert await hasher.hash(PASSWORD) != encoded


async def test_two_spellings_of_one_text_are_right_for_one_hash(hasher: PasswordHasher) -> None:
    assert await hasher.verify(await hasher.hash("Fu\u0308nf Bo\u0308en u\u0308ber See"), "Fünf Böen über See")


async def test_owasps_profile_is_the_default_and_costs_what_it_says() -> None:
    hasher = PasswordHasher(workers=1)
    encoded = await hasher.hash(PASSWORD)
    hasher.close()
    assert encoded.startswith(OWASP.prefix)
    assert OWASP.prefix == "$argon2id$v=19$m=19456,t=2,p=1$"


@pytest.mark.parametrize(("lanes", "length"), [(1, 32), (4, 32), (1, 64), (2, 64)])
async def test_hashes_that_another_library_made_are_read(hasher: PasswordHasher, lanes: int, length: int) -> None:
    """An app that moves to us brings its users' hashes along."""
    recipe = Argon2id(salt=os.urandom(16), length=length, iterations=2, lanes=lanes, memory_cost=64)
    encoded = recipe.derive_phc_encoded(PASSWORD.encode())
    assert await hasher.verify(encoded, PASSWORD)
    assert not await hasher.verify(encoded, "something else altogether")
    assert hasher.needs_rehash(encoded)


async def test_a_profile_of_several_lanes_makes_hashes_that_are_read() -> None:
    profile = HashingProfile(memory=64, passes=1, lanes=2)
    hasher = PasswordHasher(profile, workers=1)
    encoded = await hasher.hash(PASSWORD)
    assert encoded.startswith(profile.prefix)
    assert await hasher.verify(encoded, PASSWORD)
    hasher.close()


async def test_a_hash_of_another_profile_needs_a_rehash(hasher: PasswordHasher) -> None:
    assert not hasher.needs_rehash(await hasher.hash(PASSWORD))
    assert hasher.needs_rehash(OWASP.prefix + "c2FsdA$aGFzaA")


async def test_nobodys_password_is_wrong_and_costs_the_same_hash(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    verify = hashing._verify

    def noted(encoded: str, text: bytes) -> bool:
        seen.append(encoded)
        return verify(encoded, text)

    monkeypatch.setattr(hashing, "_verify", noted)
    encoded = await hasher.hash(PASSWORD)
    assert not await hasher.verify(None, PASSWORD)
    assert not await hasher.verify(encoded, "something else altogether")
    nobodys, somebodys = seen
    assert nobodys.startswith(QUICK_FOR_TESTS.prefix)
    assert [len(part) for part in nobodys.split("$")] == [len(part) for part in somebodys.split("$")]


@pytest.mark.parametrize("password", ["x" * 257, "x" * 1_000_000, chr(0) * 20, chr(0xD800) * 20])
async def test_what_nobody_may_have_is_not_hashed(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("it was hashed")

    encoded = await hasher.hash(PASSWORD)
    monkeypatch.setattr(hashing, "_verify", never)
    monkeypatch.setattr(hashing, "_hash", never)
    assert not await hasher.verify(encoded, password)
    assert not await hasher.verify(None, password)
    with pytest.raises(InvalidRequest):
        await hasher.hash(password)


async def test_the_event_loop_goes_on_while_a_password_is_hashed(pool: HashingPool) -> None:
    started, may_end = threading.Event(), threading.Event()

    def work() -> str:
        started.set()
        return "done" if may_end.wait(30) else "stuck"

    task = asyncio.create_task(pool.run(work))
    assert await asyncio.to_thread(started.wait, 30)
    may_end.set()
    assert await task == "done"


async def test_a_full_queue_says_when_to_come_back(pool: HashingPool) -> None:
    may_end = threading.Event()
    tasks = [asyncio.create_task(pool.run(may_end.wait, 30)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(HashingBusy) as refused:
        await pool.run(may_end.wait, 30)
    assert refused.value.retry_after >= 1
    may_end.set()
    assert await asyncio.gather(*tasks) == [True, True]
    assert await pool.run(lambda: "room again") == "room again"


async def test_whoever_gives_up_waiting_leaves_the_queue(pool: HashingPool) -> None:
    may_end, ran = threading.Event(), threading.Event()
    first = asyncio.create_task(pool.run(may_end.wait, 30))
    waiting = asyncio.create_task(pool.run(ran.set))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    next_one = asyncio.create_task(pool.run(lambda: "next"))
    may_end.set()
    assert await first
    assert await next_one == "next"
    assert not ran.is_set()


async def test_work_that_fails_frees_its_place(pool: HashingPool) -> None:
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 // 0)
    assert await pool.run(lambda: "still here") == "still here"


async def test_a_closed_pool_is_busy_for_ever(pool: HashingPool) -> None:
    pool.close()
    for _ in range(5):
        with pytest.raises(HashingBusy):
            await pool.run(lambda: None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a thread a priority of its own")
async def test_hashing_threads_yield_to_everybody_else(pool: HashingPool) -> None:
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    theirs = await pool.run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert theirs == min(19, hashing.NICENESS)
    assert os.getpriority(os.PRIO_PROCESS, 0) == ours


async def test_as_many_threads_hash_as_there_are_workers() -> None:
    pool = HashingPool(3, queue=0)
    together = threading.Barrier(3)
    places = await asyncio.gather(*(pool.run(together.wait, 30) for _ in range(3)))
    pool.close()
    assert sorted(places) == [0, 1, 2]
