"""What is up in a run, and which core is whose.

The server that is asked has the first core. wrk and PostgreSQL share the second, for all of them alike. The servers
that nobody asks stay up and idle; what they compute meanwhile is measured too.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.peers.asking import ask
from bench.peers.bare_update import BareUpdate
from bench.peers.calls import PEOPLE, Call
from bench.peers.load import Load
from bench.peers.postgres import PostgreSQL, postgresql
from bench.peers.processes import everybody_cpu_seconds, tree_cpu_seconds
from bench.peers.sample import Computed, Sample
from bench.peers.servers import Server, seeded, serving, stacks


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


@contextmanager
def staged(folder: Path, sizes: Sizes, cores: Cores) -> Iterator[Stage]:
    found = stacks()
    with ExitStack() as stack:
        database = stack.enter_context(postgresql(folder, cores.others))
        folders = {each.name: seeded(each, database, folder, PEOPLE, sizes.sessions) for each in found}
        bare = BareUpdate(database, folder)
        servers = {
            each.name: stack.enter_context(serving(each, database, folders[each.name], cores.server)) for each in found
        }
        yield Stage(database, servers, bare, cores)


def start(stage: Stage, call: Call, connections: int, seconds: int) -> Load:
    return ask(call, stage.servers[call.server], connections, seconds, stage.cores.others)


def computed(stage: Stage, server: Server) -> Computed:
    others = (each for each in stage.servers.values() if each is not server)
    return Computed(
        tree_cpu_seconds(server.pid),
        tree_cpu_seconds(stage.postgresql.pid),
        sum(tree_cpu_seconds(each.pid) for each in others),
        everybody_cpu_seconds(),
    )


def settle(server: Server) -> None:
    """Returns when it has nothing more to do: what the next burst asks shall not wait behind what this one left."""
    for _ in range(100):
        before = tree_cpu_seconds(server.pid)
        time.sleep(0.15)
        if tree_cpu_seconds(server.pid) - before <= 0.02:
            return
    raise RuntimeError(f"{server.stack.name} does not come to rest")
