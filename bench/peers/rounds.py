"""Short bursts, in turns: each call at each number of connections once a round, another one first in each."""

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from bench.peers.calls import Call, of_kind
from bench.peers.outcome import CONNECTIONS, PGBENCH, STORM, STORM_LOGIN
from bench.peers.processes import tree_cpu_seconds
from bench.peers.sample import Computed, sample
from bench.peers.stage import Sizes, Stage, computed, settle, start

T = TypeVar("T")
STORM_GETS, STORM_LOGINS, LEAD = 16, 8, 0.7
OUTLAST = 1
"""Whole seconds by which the logins of a storm outlast its GETs."""


def take_round(stage: Stage, number: int, sizes: Sizes) -> None:
    for connections in CONNECTIONS:
        for call in _turned(of_kind("get", stage.servers), number):
            _take(stage, call, connections, sizes.burst)
        for each in _turned([*of_kind("refresh", stage.servers), None], number):
            if each is None:
                _take_bare(stage, connections, sizes.burst)
            else:
                _take(stage, each, connections, sizes.burst)
        for call in _turned(of_kind("login", stage.servers), number):
            _take(stage, call, connections, sizes.logins)
    for login in _turned(of_kind("login", stage.servers), number):
        _take_storm(stage, login, sizes.storm)


def _turned(calls: Sequence[T], number: int) -> list[T]:
    """Another one is the first in each round."""
    first = number % len(calls)
    return [*calls[first:], *calls[:first]]


def _take(stage: Stage, call: Call, connections: int, seconds: int) -> None:
    server = stage.servers[call.server]
    before = computed(stage, server)
    burst = start(stage, call, connections, seconds).burst()
    # What wrk has left unanswered is computed after the burst, and belongs to none of its answers.
    stage.taken[call.kind, call.said, connections].append(sample(burst, before, computed(stage, server)))
    settle(server)


def _take_bare(stage: Stage, connections: int, seconds: int) -> None:
    before = tree_cpu_seconds(stage.postgresql.pid)
    burst = stage.bare.burst(connections, seconds, stage.cores.server)
    after = tree_cpu_seconds(stage.postgresql.pid)
    around = (Computed(math.nan, each, math.nan, math.nan) for each in (before, after))
    stage.taken["refresh", PGBENCH, connections].append(sample(burst, *around))


def _take_storm(stage: Stage, login: Call, seconds: int) -> None:
    """GETs while logins never stop: these begin before, and end after."""
    server = stage.servers[login.server]
    get = next(call for call in of_kind("get", stage.servers) if call.server == login.server)
    logins = start(stage, login, STORM_LOGINS, seconds + OUTLAST)
    time.sleep(LEAD)
    before = computed(stage, server)
    burst = start(stage, get, STORM_GETS, seconds).burst()
    taken = sample(burst, before, computed(stage, server))
    # Nobody can tell what of the computing was for which.
    nothing = Computed(math.nan, math.nan, math.nan, math.nan)
    stage.taken[STORM_LOGIN, login.said, STORM_LOGINS].append(sample(logins.burst(), nothing, nothing))
    stage.taken[STORM, get.said, STORM_GETS].append(replace(taken, cpu=math.nan))
    settle(server)
