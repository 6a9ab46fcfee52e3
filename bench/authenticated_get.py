"""Authenticated GETs beside the same routes without authentication, in turns, in one server process on one core.

Three pairs: a route that touches no store, where asking who calls shows most, in an app of ten lines and in the API
tier, which does more about each request; and `GET /api/me`, which reads two rows. The open routes are asked without a
token, so that carrying and parsing it counts as a cost of authentication.
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
class Pair:
    """Rates in answers a second, and the server's computing time in microseconds an answer."""

    open: Sequence[float]
    signed_in: Sequence[float]
    open_cost: Sequence[float]
    signed_in_cost: Sequence[float]

    @property
    def ratio(self) -> list[float]:
        return ratios(self.signed_in, self.open)


def measure(bench: Bench) -> Report:
    [person] = asyncio.run(make_people(bench.folder, 1))
    [session] = person.sessions
    pairs_of_paths = {
        "app of ten lines": ("/app/open", "/app/signed-in"),
        "API tier": ("/api/open", "/api/signed-in"),
        "GET /api/me": (f"/api/anybody?{session.subject}", "/api/me"),
    }
    routes = {
        name: (request("GET", open_to_all), request("GET", signed_in, token=session.auth_token))
        for name, (open_to_all, signed_in) in pairs_of_paths.items()
    }
    with serving(bench.folder, "bench.two_routes", cores=server_cores()) as server, pinned(client_cores()):
        pairs = {name: uvloop.run(_compare(server, *pair, bench.quick)) for name, pair in routes.items()}
    strictest = min(Figure(name, "", pair.ratio).median for name, pair in pairs.items())
    goal = Goal("authenticated ÷ open, the least of the three,", GOAL, strictest)
    return Report(
        "Authenticated GET beside the same route without authentication",
        [figure for name, pair in pairs.items() for figure in _figures(name, pair)],
        goal,
    )


async def _compare(server: Server, open_to_all: bytes, signed_in: bytes, quick: bool) -> Pair:
    rounds, seconds = (2, 0.05) if quick else (ROUNDS, SECONDS)
    taken: dict[bytes, list[tuple[float, float]]] = {open_to_all: [], signed_in: []}
    async with connected(server.port, CONNECTIONS) as clients:
        for one in (open_to_all, signed_in):
            await pace(clients, for_seconds(seconds, [one]), status=200)
        for number in range(rounds):
            in_turn = (open_to_all, signed_in) if number % 2 else (signed_in, open_to_all)
            for one in in_turn:
                taken[one].append(await _rate_and_cost(server, clients, one, seconds))
    (open_rates, open_costs), (rates, costs) = (zip(*taken[one], strict=True) for one in (open_to_all, signed_in))
    return Pair(open_rates, rates, open_costs, costs)


async def _rate_and_cost(
    server: Server, clients: Sequence[HttpClient], one: bytes, seconds: float
) -> tuple[float, float]:
    before = cpu_seconds(server.pid)
    taken = await pace(clients, for_seconds(seconds, [one]), status=200)
    after = cpu_seconds(server.pid)
    cost = float("nan") if before is None or after is None else 1e6 * (after - before) / taken.answers
    return taken.per_second, cost


def _figures(name: str, pair: Pair) -> list[Figure]:
    return [
        Figure(f"{name}: open to all", "GET/s", pair.open),
        Figure(f"{name}: authenticated", "GET/s", pair.signed_in),
        Figure(f"{name}: ratio", "", pair.ratio),
        Figure(f"{name}: the server's computing time, open to all", "µs", pair.open_cost),
        Figure(f"{name}: the server's computing time, authenticated", "µs", pair.signed_in_cost),
    ]
