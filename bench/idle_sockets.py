"""What an open socket takes of the server's memory, beside a bare app on the same server.

Each socket is another person's, and has joined `system:general` and `user:{id}`. The ten thousand have hidden: where
everybody is seen, each who comes is told to all who are there, which is quadratic and would take longer than anybody
waits. What that costs is measured with fewer.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import uvloop

from bench.channel import GENERAL, Channel, hang_up, open_channels, subject
from bench.crowd import make_crowd
from bench.machine import client_cores, cpu_seconds, pinned, resident_bytes, room_for_sockets, server_cores
from bench.people import Person
from bench.report import Bench, Figure, Report, ratios
from bench.servers import Server, serving
from bench.sockets import open_sockets

SOCKETS, SEEN, ROUNDS = 10_000, 300, 3
SETTLED = 0.5
TOLD_WITHIN = 1.0
"""Seconds, in which whoever is there has been told who came."""
PATIENCE = 120
BEATS = 5


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one server: KiB a socket when they were let in and when they had joined, milliseconds of computing both joins,
    and microseconds of computing a heartbeat."""

    let_in: float
    joined: float
    join: float
    beat: float


def measure(bench: Bench) -> Report:
    wanted, seen, rounds = (40, 10, 1) if bench.quick else (SOCKETS, SEEN, ROUNDS)
    sockets = room_for_sockets(wanted)
    people = make_crowd(bench.folder, sockets + 1)
    hidden, open_to_all, bare = [], [], []
    for _ in range(rounds):
        hidden.append(_join_all(bench, people, hide=True))
        open_to_all.append(_join_all(bench, people[: seen + 1], hide=False))
        bare.append(_bare(bench, sockets))
    joined = [each.joined for each in hidden]
    return Report(
        f"Memory of {sockets:,} idle sockets, each another person's",
        [
            Figure("let in, nothing joined", "KiB", [each.let_in for each in hidden]),
            Figure("joined system:general, hidden, and user:{id}", "KiB", joined),
            Figure("beside: a bare app on the same server", "KiB", bare),
            Figure("ratio, joined ÷ the bare app", "×", ratios(joined, bare)),
            Figure("the server's computing time for a heartbeat", "µs", [each.beat for each in hidden]),
            Figure("the server's computing time for both joins, hidden", "ms", [each.join for each in hidden]),
            Figure(f"the same with {seen} people whom everybody sees", "ms", [each.join for each in open_to_all]),
        ],
        notes=[f"{wanted:,} sockets were wanted: raise `ulimit -n`"] if sockets < wanted else [],
    )


def _join_all(bench: Bench, people: Sequence[Person], *, hide: bool) -> Taken:
    with serving(bench.folder, "chat", "serve", cores=server_cores()) as server, pinned(client_cores()):
        return uvloop.run(_weigh(server, people, hide))


async def _weigh(server: Server, people: Sequence[Person], hide: bool) -> Taken:
    warm_up = await open_channels(server.port, people[:1])
    await _join_both(warm_up[0], people[0], hide)
    before = await _settled(server)
    channels = await open_channels(server.port, people[1:])
    let_in, computed = await _settled(server), cpu_seconds(server.pid) or float("nan")
    async with asyncio.timeout(PATIENCE):
        joining = (_join_both(*each, hide) for each in zip(channels, people[1:], strict=True))
        await asyncio.gather(*joining)
        await asyncio.gather(*(each.ask("phoenix", "heartbeat", {}) for each in channels))
    # Who has come is told to all of them together, some tenths of a second later.
    await asyncio.sleep(TOLD_WITHIN)
    computing = 1000 * ((cpu_seconds(server.pid) or float("nan")) - computed)
    joined, computed = await _settled(server), cpu_seconds(server.pid) or float("nan")
    for _ in range(BEATS):
        await asyncio.gather(*(each.ask("phoenix", "heartbeat", {}) for each in channels))
    beating = 1e6 * ((cpu_seconds(server.pid) or float("nan")) - computed)
    await hang_up([*warm_up, *channels])
    count = len(channels)
    return Taken((let_in - before) / count, (joined - before) / count, computing / count, beating / BEATS / count)


async def _join_both(channel: Channel, person: Person, hide: bool) -> None:
    await channel.join(GENERAL, hidden=hide)
    await channel.join(f"user:{subject(person)}")


async def _settled(server: Server) -> float:
    """KiB of the process, once it has nothing more to do."""
    await asyncio.sleep(SETTLED)
    return resident_bytes(server.pid) / 1024


def _bare(bench: Bench, sockets: int) -> float:
    with serving(bench.folder, "bench.bare_sockets", cores=server_cores()) as server, pinned(client_cores()):
        return uvloop.run(_weigh_bare(server, sockets))


async def _weigh_bare(server: Server, count: int) -> float:
    warm_up = await open_sockets(server.port, ["/"])
    before = await _settled(server)
    sockets = await open_sockets(server.port, ["/"] * count)
    after = await _settled(server)
    for each in [*warm_up, *sockets]:
        await each.hang_up()
    return (after - before) / count
