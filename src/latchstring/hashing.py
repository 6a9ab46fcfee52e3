"""Argon2id in a pool of its own: bounded, at low priority, never on the event loop.

Measured where this was written (19 MiB, t=2, p=1; CPU time of a hash, median and least of 100 taken in turns on a busy
machine): PyNaCl 20 and 17 ms, argon2-cffi 24 and 19, cryptography 25 and 21; PyNaCl was quicker than argon2-cffi in 91
of 100 pairs. All three let go of the GIL. PyNaCl's libsodium picks the processor's own instructions when it runs.
"""

import asyncio
import base64
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from nacl.bindings import crypto_pwhash_ALG_ARGON2ID13, crypto_pwhash_str_alg, crypto_pwhash_str_verify
from nacl.exceptions import InvalidkeyError

from latchstring.core.password import normalised
from latchstring.errors import HashingBusy, InvalidRequest

log = logging.getLogger("latchstring.hashing")
T = TypeVar("T")

QUEUE_PER_WORKER = 64
"""About a second of work at OWASP's cost: whoever would wait longer is told to come back."""
NICENESS = 10
SODIUM_LENGTH = 127
"""The longest encoded hash that libsodium reads."""


@dataclass(frozen=True, slots=True)
class HashingProfile:
    """What one hash costs (RFC 9106 section 3.1): memory in KiB, passes, and lanes."""

    memory: int
    passes: int
    lanes: int = 1

    @property
    def prefix(self) -> str:
        """How the encoded hashes of this profile begin."""
        return f"$argon2id$v=19$m={self.memory},t={self.passes},p={self.lanes}$"


OWASP = HashingProfile(memory=19_456, passes=2)
"""OWASP Password Storage Cheat Sheet: the smallest memory of its equal choices, so that a burst of logins fits."""
OWASP_LARGE = HashingProfile(memory=47_104, passes=1)
"""OWASP's first choice: as strong, with more memory and less time."""
RFC_9106_LOW_MEMORY = HashingProfile(memory=65_536, passes=3, lanes=4)
"""RFC 9106 section 4, second recommended option: for few logins on a machine with memory to spare."""
QUICK_FOR_TESTS = HashingProfile(memory=8, passes=1)
"""Protects nothing: for suites that register thousands."""


class PasswordHasher:
    """`workers` threads hash (default: one a core), and `queue` more passwords may wait for them."""

    def __init__(
        self, profile: HashingProfile = OWASP, *, workers: int | None = None, queue: int | None = None
    ) -> None:
        self._profile = profile
        # Of the right cost, and of no password: its digest is no hash but dice.
        self._nobodys = profile.prefix + f"{_base64(os.urandom(16))}${_base64(os.urandom(32))}"
        self._pool = HashingPool(workers or _cores(), queue)

    async def hash(self, password: str) -> str:
        """The encoded hash (PHC string). Raises HashingBusy, or InvalidRequest for what nobody may have."""
        text = normalised(password)
        if text is None:
            raise InvalidRequest("This cannot be a password.")
        return await self._pool.run(_hash, self._profile, text.encode())

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether it is the password of an encoded argon2id hash, whichever library made it. Raises HashingBusy.

        None stands for an account that does not exist: it costs the same hash, and is never right. A password that
        nobody may have is wrong without one, for everybody alike.
        """
        text = normalised(password)
        if text is None:
            return False
        return await self._pool.run(_verify, encoded or self._nobodys, text.encode())

    def needs_rehash(self, encoded: str) -> bool:
        return not encoded.startswith(self._profile.prefix)

    def close(self) -> None:
        """Lets go of the threads; what waits is cancelled."""
        self._pool.close()


class HashingPool:
    """Threads that yield to the event loop, and a queue that is never longer than somebody would wait."""

    def __init__(self, workers: int, queue: int | None = None) -> None:
        self._limit = workers + (QUEUE_PER_WORKER * workers if queue is None else queue)
        self._in_hand = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(workers, "argon2id", initializer=_yield_to_others)

    async def run(self, work: Callable[..., T], *values: object) -> T:
        """Raises HashingBusy where the queue is full. Whoever gives up waiting leaves the queue."""
        with self._lock:
            if self._in_hand >= self._limit:
                raise HashingBusy(retry_after=2)
            self._in_hand += 1
        try:
            future = self._threads.submit(work, *values)
        except RuntimeError:
            self._done(None)
            raise HashingBusy(retry_after=2) from None
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _done(self, _: Future[T] | None) -> None:
        with self._lock:
            self._in_hand -= 1


def _yield_to_others() -> None:
    """On Linux a thread has a priority of its own, so that requests are answered while logins queue."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    except (AttributeError, OSError) as trouble:
        log.info("hashing runs at normal priority: %s", trouble)


def _cores() -> int:
    """Those that this process may use, which in a container are not all there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _hash(profile: HashingProfile, password: bytes) -> str:
    if profile.lanes == 1:
        encoded = crypto_pwhash_str_alg(password, profile.passes, profile.memory * 1024, crypto_pwhash_ALG_ARGON2ID13)
        return encoded.rstrip(b"\0").decode()
    # libsodium makes hashes of one lane only.
    return Argon2id(
        salt=os.urandom(16),
        length=32,
        iterations=profile.passes,
        lanes=profile.lanes,
        memory_cost=profile.memory,
    ).derive_phc_encoded(password)


def _verify(encoded: str, password: bytes) -> bool:
    try:
        if len(encoded) <= SODIUM_LENGTH:
            return bool(crypto_pwhash_str_verify(encoded.encode(), password))
        Argon2id.verify_phc_encoded(password, encoded)
    except (InvalidkeyError, InvalidKey):
        return False
    return True


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()
