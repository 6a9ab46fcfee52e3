"""Logins a second beside bare argon2id of the same parameters, one thread a core, in turns.

Both hash at the same low priority, so that whatever else runs on the machine takes as much from either.
"""

import asyncio
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import uvloop
from nacl.bindings import crypto_pwhash_str_verify

from bench.http_client import HttpClient, connected, for_seconds, pace, request
from bench.machine import all_cores
from bench.people import PASSWORD, Person, make_people
from bench.report import Bench, Figure, Goal, Report, ratios
from bench.servers import serving
from latchstring.hashing import NICENESS, OWASP, PasswordHasher

ROUNDS, SECONDS, WAITING_PER_CORE = 7, 2.0, 8
GOAL = 0.85


def measure(bench: Bench) -> Report:
    rounds, seconds = (1, 0.3) if bench.quick else (ROUNDS, SECONDS)
    cores = len(all_cores()) or os.cpu_count() or 1
    waiting = 4 if bench.quick else cores * WAITING_PER_CORE
    people = asyncio.run(make_people(bench.folder, min(waiting, 32)))
    with serving(bench.folder, "chat", "serve", cores=all_cores()) as server:
        taken = uvloop.run(_compare(server.port, people, waiting, cores, rounds, seconds))
    logins, hashes = zip(*taken, strict=True)
    ratio = Figure("ratio", "", ratios(logins, hashes))
    return Report(
        f"Login beside bare argon2id ({OWASP.memory // 1024} MiB, t={OWASP.passes}, p={OWASP.lanes}) on {cores} cores",
        [
            Figure(f"POST /backend/auth/login, {waiting} waiting", "/s", logins),
            Figure(f"beside: crypto_pwhash_str_verify, {cores} threads", "/s", hashes),
            ratio,
        ],
        Goal("logins ÷ bare argon2id", GOAL, ratio.median),
    )


async def _compare(
    port: int, people: Sequence[Person], waiting: int, cores: int, rounds: int, seconds: float
) -> list[tuple[float, float]]:
    encoded = await PasswordHasher().hash(PASSWORD)
    taken = []
    async with connected(port, waiting) as clients:
        for _ in range(rounds + 1):
            logins = await _logins(clients, people, seconds)
            taken.append((logins, await asyncio.to_thread(_hashes, encoded.encode(), cores, seconds)))
    return taken[1:]


async def _logins(clients: Sequence[HttpClient], people: Sequence[Person], seconds: float) -> float:
    return (await pace(clients, for_seconds(seconds, login_requests(people)), status=200)).per_second


def login_requests(people: Sequence[Person]) -> list[bytes]:
    return [
        request("POST", "/backend/auth/login", body={"email": person.email, "password": PASSWORD}) for person in people
    ]


def _hashes(encoded: bytes, cores: int, seconds: float) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(cores, initializer=_at_low_priority) as threads:
        counts = list(threads.map(lambda _: _hash_until(began + seconds, encoded), range(cores)))
    return sum(counts) / (time.perf_counter() - began)


def _hash_until(end: float, encoded: bytes) -> int:
    done = 0
    while time.perf_counter() < end:
        crypto_pwhash_str_verify(encoded, PASSWORD.encode())
        done += 1
    return done


def _at_low_priority() -> None:
    if hasattr(threading, "get_native_id") and os.name == "posix":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
