"""What signing in is answered with for somebody who has 2,000 conversations and people, beside somebody who has none;
and the list of the chat page, which says who is in each and what is unread. In turns, one request at a time."""

import time
from dataclasses import dataclass

import uvloop

from bench.channel import subject
from bench.crowd import make_crowd, start_private
from bench.http_client import HttpClient, check, connected, request
from bench.machine import client_cores, cpu_seconds, pinned, server_cores
from bench.people import Person
from bench.report import Bench, Figure, Goal, Report, percentile
from bench.servers import Server, serving

CONVERSATIONS, ROUNDS, REQUESTS = 2000, 10, 20
GOAL = 10.0
"""Milliseconds: "one round trip of a few"."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one round: the median answer and the server's computing time an answer in milliseconds, and bytes."""

    answer: float
    computing: float
    size: int


def measure(bench: Bench) -> Report:
    count, rounds, requests = (50, 1, 2) if bench.quick else (CONVERSATIONS, ROUNDS, REQUESTS)
    busy, lonely, *others = make_crowd(bench.folder, 2 + count)
    start_private(bench.folder, [(subject(busy), subject(other)) for other in others])
    asks = {
        f"GET /api/me with {count:,} conversations and people": _get("/backend/api/me", busy),
        "beside: GET /api/me with none": _get("/backend/api/me", lonely),
        f"GET /api/conversations with {count:,}": _get("/backend/api/conversations", busy),
    }
    with serving(bench.folder, "chat", "serve", cores=server_cores()) as server, pinned(client_cores()):
        taken = uvloop.run(_compare(server, asks, rounds, requests))
    figures = [figure for what, each in taken.items() for figure in _figures(what, each)]
    sizes = ", ".join(f"{each[0].size / 1000:,.0f} kB" for each in taken.values())
    goal = Goal("milliseconds of the first", GOAL, figures[0].median, at_most=True)
    return Report("The sign-in payload", figures, goal, notes=[f"the answers have {sizes}"])


def _get(path: str, person: Person) -> bytes:
    return request("GET", path, token=person.sessions[0].auth_token)


async def _compare(server: Server, asks: dict[str, bytes], rounds: int, requests: int) -> dict[str, list[Taken]]:
    taken: dict[str, list[Taken]] = {what: [] for what in asks}
    async with connected(server.port, 1) as [client]:
        for _ in range(rounds + 1):
            for what, get in asks.items():
                taken[what].append(await _ask(server, client, get, requests))
    return {what: each[1:] for what, each in taken.items()}


async def _ask(server: Server, client: HttpClient, get: bytes, requests: int) -> Taken:
    times, size, before = [], 0, cpu_seconds(server.pid) or float("nan")
    for _ in range(requests):
        began = time.perf_counter()
        answer = check(await client.ask(get), 200)
        times.append(1000 * (answer.at - began))
        size = len(answer.body)
    computing = 1000 * ((cpu_seconds(server.pid) or float("nan")) - before) / requests
    return Taken(percentile(times, 0.5), computing, size)


def _figures(what: str, taken: list[Taken]) -> list[Figure]:
    return [
        Figure(what, "ms", [each.answer for each in taken]),
        Figure("  the server's computing time", "ms", [each.computing for each in taken]),
    ]
