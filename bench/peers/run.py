"""The run itself: everything is started and warmed up, and then asked in turns, in short bursts, round by round.

The server that is asked has the first core. wrk and PostgreSQL share the second, for all of them alike. The servers
that nobody asks stay up and idle; what they compute meanwhile is measured too.
"""

import math
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from bench.machine import client_cores, describe, pinned, server_cores
from bench.peers.asking import ask, expect
from bench.peers.bare_update import BareUpdate
from bench.peers.calls import CALLS, PEOPLE, Call, of_kind
from bench.peers.load import Load
from bench.peers.outcome import CONNECTIONS, OURS, PGBENCH, STORM, STORM_LOGIN, Outcome
from bench.peers.postgres import SETTINGS, PostgreSQL, postgresql
from bench.peers.processes import tree_cpu_seconds, tree_pss_bytes
from bench.peers.sample import Cell, Computed, Sample, sample
from bench.peers.servers import THREADS, Server, installed_versions, seeded, serving, stacks

T = TypeVar("T")
STORM_GETS, STORM_LOGINS, LEAD = 16, 8, 0.7
OUTLAST = 1
"""Whole seconds by which the logins of a storm outlast its GETs."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Seconds, but for rounds and sessions. A session of ours is presented once in a burst: there have to be more of
    them than a burst has refreshes, or some would be repeats within the window of 10 s, which rotate nothing."""

    rounds: int = 3
    warm_up: int = 10
    burst: int = 2
    logins: int = 3
    storm: int = 3
    sessions: int = 40_000


QUICK = Sizes(rounds=1, warm_up=1, burst=1, logins=1, storm=1, sessions=3_000)


@dataclass(frozen=True, slots=True)
class Cores:
    """Told apart before this process is pinned itself: then it would have but one to give away."""

    server: Set[int]
    others: Set[int]


@dataclass(slots=True)
class Stage:
    """What is up, and what it has answered so far."""

    postgresql: PostgreSQL
    servers: Mapping[str, Server]
    bare: BareUpdate
    cores: Cores
    taken: dict[tuple[str, str, int], list[Sample]] = field(default_factory=lambda: defaultdict(list))


def measure(folder: Path, sizes: Sizes) -> Outcome:
    if shutil.which("wrk") is None:
        raise RuntimeError("There is no wrk here: setup/peers.sh installs it.")
    about = describe(folder)
    with _staged(folder, sizes, Cores(server_cores(), client_cores())) as stage, pinned(client_cores()):
        for call in CALLS:
            if call.server in stage.servers:
                expect(call, stage.servers[call.server])
        _warm_up(stage, sizes)
        rotated = _rotations(stage)
        for number in range(sizes.rounds):
            _round(stage, number, sizes)
        counted = _rotations(stage) - rotated
        memory = {server.stack.said: tree_pss_bytes(server.pid) / 2**20 for server in stage.servers.values()}
        return Outcome(
            machine=[*about, *_versions(stage), *_said_of_the_run(sizes, stage.cores)],
            cells=[Cell(*key, samples) for key, samples in stage.taken.items()],
            memory=memory,
            notes=_notes(stage, counted),
        )


@contextmanager
def _staged(folder: Path, sizes: Sizes, cores: Cores) -> Iterator[Stage]:
    with ExitStack() as stack:
        database = stack.enter_context(postgresql(folder, cores.others))
        found = stacks()
        folders = {each.name: seeded(each, database, folder, PEOPLE, sizes.sessions) for each in found}
        bare = BareUpdate(database, folder)
        servers = {
            each.name: stack.enter_context(serving(each, database, folders[each.name], cores.server)) for each in found
        }
        yield Stage(database, servers, bare, cores)


def _warm_up(stage: Stage, sizes: Sizes) -> None:
    for name, server in stage.servers.items():
        calls = [call for call in CALLS if call.server == name]
        for call in calls:
            _ask(stage, call, CONNECTIONS[0], max(1, round(sizes.warm_up / len(calls)))).burst()
            _settle(server)
    stage.bare.burst(CONNECTIONS[0], 1, stage.cores.server)


def _round(stage: Stage, number: int, sizes: Sizes) -> None:
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
    before = _computed(stage, server)
    burst = _ask(stage, call, connections, seconds).burst()
    # What wrk has left unanswered is computed after the burst, and belongs to none of its answers.
    stage.taken[call.kind, call.said, connections].append(sample(burst, before, _computed(stage, server)))
    _settle(server)


def _take_bare(stage: Stage, connections: int, seconds: int) -> None:
    before = tree_cpu_seconds(stage.postgresql.pid)
    burst = stage.bare.burst(connections, seconds, stage.cores.server)
    after = tree_cpu_seconds(stage.postgresql.pid)
    computed = Computed(math.nan, before, math.nan), Computed(math.nan, after, math.nan)
    stage.taken["refresh", PGBENCH, connections].append(sample(burst, *computed))


def _take_storm(stage: Stage, login: Call, seconds: int) -> None:
    """GETs while logins never stop: these begin before, and end after."""
    server = stage.servers[login.server]
    get = next(call for call in of_kind("get", stage.servers) if call.server == login.server)
    logins = _ask(stage, login, STORM_LOGINS, seconds + OUTLAST)
    time.sleep(LEAD)
    before = _computed(stage, server)
    burst = _ask(stage, get, STORM_GETS, seconds).burst()
    taken = sample(burst, before, _computed(stage, server))
    # Nobody can tell what of the computing was for which.
    nothing = Computed(math.nan, math.nan, math.nan)
    stage.taken[STORM_LOGIN, login.said, STORM_LOGINS].append(sample(logins.burst(), nothing, nothing))
    stage.taken[STORM, get.said, STORM_GETS].append(replace(taken, cpu=math.nan))
    _settle(server)


def _ask(stage: Stage, call: Call, connections: int, seconds: int) -> Load:
    return ask(call, stage.servers[call.server], connections, seconds, stage.cores.others)


def _settle(server: Server) -> None:
    """Returns when it has nothing more to do: what the next burst asks shall not wait behind what this one left."""
    for _ in range(100):
        before = tree_cpu_seconds(server.pid)
        time.sleep(0.15)
        if tree_cpu_seconds(server.pid) - before <= 0.02:
            return
    raise RuntimeError(f"{server.stack.name} does not come to rest")


def _computed(stage: Stage, server: Server) -> Computed:
    others = (each for each in stage.servers.values() if each is not server)
    return Computed(
        tree_cpu_seconds(server.pid),
        tree_cpu_seconds(stage.postgresql.pid),
        sum(tree_cpu_seconds(each.pid) for each in others),
    )


def _rotations(stage: Stage) -> int:
    """How often a token of ours was minted, by the rows themselves."""
    return int(stage.postgresql.sql("ours", "SELECT sum(head_gen) FROM latchstring_sessions")[0])


def _notes(stage: Stage, rotations: int) -> list[str]:
    answers = sum(
        each.answers
        for (kind, said, _), taken in stage.taken.items()
        if (kind, said) == ("refresh", OURS)
        for each in taken
    )
    share = min(1.0, rotations / answers)
    idle = max(each.idle for taken in stage.taken.values() for each in taken if math.isfinite(each.idle))
    wrk = max(each.wrk for taken in stage.taken.values() for each in taken if math.isfinite(each.wrk))
    missing = [] if "better-auth" in stage.servers else ["better-auth was left out: there is no Node 20 here"]
    return [
        f"{share:.1%} of Latchstring's {answers:,} refreshes rotated, by the rows; the others were repeats",
        f"wrk had at most {wrk:.2f} of its core, and the servers that nobody asked at most {idle:.3f} of theirs",
        *missing,
    ]


def _said_of_the_run(sizes: Sizes, cores: Cores) -> list[str]:
    return [
        f"{sizes.rounds} rounds of bursts of {sizes.burst} s (logins {sizes.logins} s)",
        f"warmed up for {sizes.warm_up} s each; {sizes.sessions:,} sessions of {PEOPLE} people in every database",
        f"servers on core {_numbers(cores.server)}, wrk and PostgreSQL on core {_numbers(cores.others)}",
        f"gunicorn with one worker of {THREADS} threads",
        "PostgreSQL: "
        + ", ".join(f"{name}={value}" for name, value in SETTINGS.items() if "_" in name or name == "fsync"),
    ]


def _numbers(cores: Set[int]) -> str:
    return ", ".join(map(str, sorted(cores)))


def _versions(stage: Stage) -> list[str]:
    [version] = stage.postgresql.sql("postgres", "SHOW server_version")
    said = [f"PostgreSQL {version}"]
    if "better-auth" in stage.servers:
        said.append(f"Node {subprocess.check_output(['node', '--version'], text=True).strip()}")
    return ["; ".join([*said, *installed_versions()])]
