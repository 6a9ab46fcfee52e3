"""Authenticated GETs beside the same routes without authentication, in turns, in one server process on one core.

Three routes: one that touches no store, where asking who calls shows most, in an app of ten lines and in the API tier,
which does more about each request; and `GET /api/me`, which reads some rows. Each open route is asked twice: with the
bytes of the authenticated request, token and all, which leaves authenticating as the difference; and without a token,
which adds what it costs to carry and parse one. The goal is held against the former.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import uvloop

from bench.http_client import HttpClient, connected, for_seconds, pace, request
from bench.machine import client_cores, cpu_seconds, pinned, server_cores
from bench.people import make_people
from bench.report import Bench, Figure, Goal, Report, ratios
from bench.servers import Server, serving

CONNECTIONS, ROUNDS, SECONDS = 16, 40, 0.2
GOAL = 0.85


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one kind of request: answers a second, and the server's computing time in microseconds an answer."""

    rates: Sequence[float]
    costs: Sequence[float]


@dataclass(frozen=True, slots=True)
class Compared:
    """A route open to all, asked without and with a token, and the one that asks who calls."""

    bare: Taken
    carrying: Taken
    signed_in: Taken

    @property
    def authenticating(self) -> list[float]:
        return ratios(self.signed_in.rates, self.carrying.rates)

    @property
    def all_told(self) -> list[float]:
        return ratios(self.signed_in.rates, self.bare.rates)


def measure(bench: Bench) -> Report:
    [person] = asyncio.run(make_people(bench.folder, 1))
    [session] = person.sessions
    routes = {
        "app of ten lines": ("/app/open", "/app/signed-in"),
        "API tier": ("/api/open", "/api/signed-in"),
        "GET /api/me": (f"/api/anybody?{session.subject}", "/api/me"),
    }
    token = session.auth_token
    with serving(bench.folder, "bench.two_routes", cores=server_cores()) as server, pinned(client_cores()):
        compared = {
            name: uvloop.run(_compare(server, open_to_all, signed_in, token, bench.quick))
            for name, (open_to_all, signed_in) in routes.items()
        }
    strictest = min(Figure(name, "", each.authenticating).median for name, each in compared.items())
    return Report(
        "Authenticated GET beside the same route without authentication",
        [figure for name, each in compared.items() for figure in _figures(name, each)],
        Goal("authenticated ÷ open with the same request, the least of the three,", GOAL, strictest),
    )


async def _compare(server: Server, open_to_all: str, signed_in: str, token: str, quick: bool) -> Compared:
    rounds, seconds = (2, 0.05) if quick else (ROUNDS, SECONDS)
    kinds = [
        request("GET", open_to_all),
        request("GET", open_to_all, token=token),
        request("GET", signed_in, token=token),
    ]
    taken: list[list[tuple[float, float]]] = [[] for _ in kinds]
    async with connected(server.port, CONNECTIONS) as clients:
        for one in kinds:
            await pace(clients, for_seconds(seconds, [one]), status=200)
        for number in range(rounds):
            # Each kind is first, in the middle and last as often as the others.
            for kind in ((number + turn) % len(kinds) for turn in range(len(kinds))):
                taken[kind].append(await _rate_and_cost(server, clients, kinds[kind], seconds))
    bare, carrying, asking = (Taken(*zip(*each, strict=True)) for each in taken)
    return Compared(bare, carrying, asking)


async def _rate_and_cost(
    server: Server, clients: Sequence[HttpClient], one: bytes, seconds: float
) -> tuple[float, float]:
    before = cpu_seconds(server.pid)
    taken = await pace(clients, for_seconds(seconds, [one]), status=200)
    after = cpu_seconds(server.pid)
    cost = float("nan") if before is None or after is None else 1e6 * (after - before) / taken.answers
    return taken.per_second, cost


def _figures(name: str, compared: Compared) -> list[Figure]:
    kinds = {
        "open, no token": compared.bare,
        "open, the same request": compared.carrying,
        "authenticated": compared.signed_in,
    }
    return [
        *(Figure(f"{name}: {kind}", "GET/s", taken.rates) for kind, taken in kinds.items()),
        Figure(f"{name}: ratio, authenticated ÷ open, the same request", "", compared.authenticating),
        Figure(f"{name}: ratio, authenticated ÷ open, no token", "", compared.all_told),
        *(Figure(f"{name}: the server's computing time, {kind}", "µs", taken.costs) for kind, taken in kinds.items()),
    ]
