"""How long authenticated GETs take while logins are queueing, beside quiet, in turns.

GETs come at an even pace, whatever becomes of those before them, and each is timed from when it was due. The logins
keep every core hashing and a queue before it.
"""

import asyncio
import os
from collections.abc import Sequence

import uvloop

from bench.http_client import HttpClient, connected, for_seconds, latencies, pace, request
from bench.login import login_requests
from bench.machine import all_cores
from bench.people import Person, make_people
from bench.report import Bench, Figure, Report, percentile, ratios
from bench.servers import serving

ROUNDS, SECONDS, EACH_SECOND, CONNECTIONS, WAITING_PER_CORE = 5, 3.0, 200, 16, 16
LEAD = 0.3


def measure(bench: Bench) -> Report:
    rounds, seconds = (1, 0.3) if bench.quick else (ROUNDS, SECONDS)
    waiting = 4 if bench.quick else (len(all_cores()) or os.cpu_count() or 1) * WAITING_PER_CORE
    people = asyncio.run(make_people(bench.folder, min(waiting, 32)))
    with serving(bench.folder, "chat", "serve", cores=all_cores()) as server:
        taken = uvloop.run(_compare(server.port, people, waiting, rounds, seconds))
    quiet, busy = zip(*taken, strict=True)
    return Report(
        f"GET /backend/api/me, {EACH_SECOND} a second, while {waiting} logins are queueing",
        [
            *_figures("quiet", quiet),
            *_figures("logins queueing", busy),
            Figure("ratio of the p99s", "×", ratios(_p99s(busy), _p99s(quiet))),
        ],
    )


async def _compare(
    port: int, people: Sequence[Person], waiting: int, rounds: int, seconds: float
) -> list[tuple[list[float], list[float]]]:
    get = request("GET", "/backend/api/me", token=people[0].sessions[0].auth_token)
    taken = []
    async with connected(port, CONNECTIONS) as clients, connected(port, waiting) as logging_in:
        for _ in range(rounds + 1):
            quiet = await latencies(clients, get, each_second=EACH_SECOND, seconds=seconds, status=200)
            taken.append((quiet, await _while_logging_in(clients, logging_in, get, people, seconds)))
    return taken[1:]


async def _while_logging_in(
    clients: Sequence[HttpClient],
    logging_in: Sequence[HttpClient],
    get: bytes,
    people: Sequence[Person],
    seconds: float,
) -> list[float]:
    # They begin before the first GET, and end after the last.
    lasting = for_seconds(seconds + 2 * LEAD, login_requests(people))
    logins = asyncio.create_task(pace(logging_in, lasting, status=200))
    await asyncio.sleep(LEAD)
    taken = await latencies(clients, get, each_second=EACH_SECOND, seconds=seconds, status=200)
    await logins
    return taken


def _figures(when: str, rounds: Sequence[Sequence[float]]) -> list[Figure]:
    return [
        Figure(f"{when}: median", "ms", [percentile(taken, 0.5) for taken in rounds]),
        Figure(f"{when}: p99", "ms", _p99s(rounds)),
    ]


def _p99s(rounds: Sequence[Sequence[float]]) -> list[float]:
    return [percentile(taken, 0.99) for taken in rounds]
