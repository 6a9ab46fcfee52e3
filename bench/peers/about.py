"""What has to be said beside the figures: how they came about, and whether they can be trusted."""

import math
import subprocess
from collections.abc import Set

from bench.peers.calls import PEOPLE
from bench.peers.outcome import OURS
from bench.peers.postgres import DURABLE
from bench.peers.servers import THREADS, installed_versions
from bench.peers.stage import Cores, Sizes, Stage


def notes(stage: Stage, rotations: int) -> list[str]:
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


def said_of_the_run(sizes: Sizes, cores: Cores) -> list[str]:
    return [
        f"{sizes.rounds} rounds of bursts of {sizes.burst} s (logins {sizes.logins} s)",
        f"warmed up for {sizes.warm_up} s each; {sizes.sessions:,} sessions of {PEOPLE} people in every database",
        f"servers on core {_numbers(cores.server)}, wrk and PostgreSQL on core {_numbers(cores.others)}",
        f"gunicorn with one worker of {THREADS} threads",
        f"PostgreSQL with {', '.join(f'{name}={value}' for name, value in DURABLE.items())}",
    ]


def _numbers(cores: Set[int]) -> str:
    return ", ".join(map(str, sorted(cores)))


def versions(stage: Stage) -> list[str]:
    [version] = stage.postgresql.sql("postgres", "SHOW server_version")
    said = [f"PostgreSQL {version}"]
    if "better-auth" in stage.servers:
        said.append(f"Node {subprocess.check_output(['node', '--version'], text=True).strip()}")
    return ["; ".join([*said, *installed_versions()])]
