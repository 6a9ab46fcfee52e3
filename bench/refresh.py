"""Refreshes a second, beside the bare rate of SQLite writes of the same size on the same disk, in turns.

Three layers: `POST /backend/auth/refresh` of the whole server, brief and with the sign-in payload; the session store
alone; and one thread with one prepared UPDATE of the same columns, as many to a commit as there are presenters. The
disk syncs every commit in all of them. Each refresh over HTTP is of a session of its own, and mints.
"""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench import store_refresh
from bench.http_client import connected, pace, request
from bench.machine import client_cores, pinned, server_cores
from bench.people import make_people
from bench.report import Bench, Figure, Report, ratios
from bench.servers import serving

ROUNDS, SECONDS = 5, 0.5
REFRESHES = {1: 150, 16: 1200, 64: 3200}
"""How many in a round, by how many presenters there are at once."""


@dataclass(frozen=True, slots=True)
class Round:
    """Writes a second."""

    brief: float
    whole: float
    store: float
    bare: float


def measure(bench: Bench) -> Report:
    sizes = {1: 5, 16: 32} if bench.quick else REFRESHES
    rounds, seconds = (1, 0.05) if bench.quick else (ROUNDS, SECONDS)
    needed = 2 * (rounds * sum(sizes.values()) + max(sizes.values()))
    [person] = asyncio.run(make_people(bench.folder, 1, sessions=needed))
    tokens = iter([pair.refresh_token for pair in person.sessions])
    figures = []
    with serving(bench.folder, "chat", "serve", cores=server_cores()) as server:
        _both_forms(server.port, max(sizes), max(sizes.values()), tokens)
        for presenters, count in sizes.items():
            taken = []
            for number in range(rounds):
                brief, whole = _both_forms(server.port, presenters, count, tokens)
                where = bench.folder / f"store-{presenters}-{number}.db"
                taken.append(Round(brief, whole, *_without_http(where, presenters, seconds)))
            figures += _figures(presenters, taken)
    return Report("Refresh beside bare SQLite writes", figures)


def _without_http(where: Path, presenters: int, seconds: float) -> tuple[float, float]:
    return uvloop.run(store_refresh.rates(where, presenters, seconds))


def _both_forms(port: int, presenters: int, count: int, tokens: Iterator[str]) -> tuple[float, float]:
    brief, whole = (_requests(tokens, count, brief=brief) for brief in (True, False))
    with pinned(client_cores()):
        return uvloop.run(_rate(port, presenters, brief)), uvloop.run(_rate(port, presenters, whole))


def _requests(tokens: Iterator[str], count: int, *, brief: bool) -> list[bytes]:
    form = {"brief": True} if brief else {}
    spent = itertools.islice(tokens, count)
    return [request("POST", "/backend/auth/refresh", body={"token": token, **form}) for token in spent]


async def _rate(port: int, presenters: int, requests: list[bytes]) -> float:
    async with connected(port, presenters) as clients:
        return (await pace(clients, requests, status=200)).per_second


def _figures(presenters: int, taken: list[Round]) -> list[Figure]:
    brief, whole, store, bare = ([getattr(each, layer) for each in taken] for layer in Round.__slots__)
    return [
        Figure(f"{presenters} at once: bare writes", "/s", bare),
        Figure(f"{presenters} at once: through the session store", "/s", store),
        Figure(f"{presenters} at once: POST /backend/auth/refresh, brief", "/s", brief),
        Figure(f"{presenters} at once: the same with the sign-in payload", "/s", whole),
        Figure(f"{presenters} at once: ratio, store ÷ bare", "", ratios(store, bare)),
        Figure(f"{presenters} at once: ratio, brief ÷ bare", "", ratios(brief, bare)),
        Figure(f"{presenters} at once: ratio, with the sign-in payload ÷ bare", "", ratios(whole, bare)),
    ]
