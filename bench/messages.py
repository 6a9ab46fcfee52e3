"""Messages stored and delivered, in conversations of 2, 20 and 200, beside bare SQLite writes of as many rows.

Many sockets send, each with a few pushes under way; a message counts when every member's socket has received its copy.
The bare writes are of the same bytes, and as many to a commit as there are sockets that send: the server takes the
pushes of each in order, so that it never has more to group.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import uvloop

from bench.bare_messages import BareMessages
from bench.channel import Channel, copies, hang_up, open_channels, subject
from bench.crowd import make_crowd, start_groups
from bench.machine import client_cores, cpu_seconds, pinned, server_cores
from bench.people import Person
from bench.report import Bench, Figure, Report, ratios
from bench.servers import Server, serving

SENDERS, UNDER_WAY, ROUNDS, SECONDS = 32, 4, 5, 0.5
MESSAGES = {2: 1600, 20: 480, 200: 64}
"""How many in a round, by how many members there are. A socket may send 200 at once, and 50 a second."""
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Round:
    """Messages a second, and the server's computing time in microseconds a message."""

    ours: float
    bare: float
    cost: float


def measure(bench: Bench) -> Report:
    sizes = {2: 32, 20: 16} if bench.quick else MESSAGES
    rounds, seconds = (1, 0.05) if bench.quick else (ROUNDS, SECONDS)
    apart = bench.folder / "bare"
    apart.mkdir()
    people = make_crowd(bench.folder, max(sizes))
    make_crowd(apart, max(sizes))
    members = [[subject(each) for each in people[:size]] for size in sizes]
    groups, _ = start_groups(bench.folder, members), start_groups(apart, members)
    figures: list[Figure] = []
    with serving(bench.folder, "chat", "serve", cores=server_cores()) as server:
        for (size, count), group, those in zip(sizes.items(), groups, members, strict=True):
            bare = BareMessages(apart, group, those)
            with pinned(client_cores()):
                taken = uvloop.run(_compare(server, people[:size], group, count, bare, rounds, seconds))
            bare.close()
            figures += _figures(size, taken)
    return Report("Messages stored and delivered beside bare SQLite writes", figures)


async def _compare(
    server: Server,
    people: Sequence[Person],
    conversation_id: str,
    count: int,
    bare: BareMessages,
    rounds: int,
    seconds: float,
) -> list[Round]:
    senders = await open_senders(server.port, people, conversation_id)
    listeners = await open_listeners(server.port, people)
    members, taken = [subject(each) for each in people], []
    for _ in range(rounds + 1):
        before = cpu_seconds(server.pid) or float("nan")
        rate = await send_all(senders, listeners, conversation_id, members, count)
        cost = 1e6 * ((cpu_seconds(server.pid) or float("nan")) - before) / count
        taken.append(Round(rate, bare.rate(seconds, SENDERS), cost))
    await hang_up([*senders, *listeners])
    return taken[1:]


async def open_senders(port: int, people: Sequence[Person], conversation_id: str) -> list[Channel]:
    """Sockets of the members', in turns, that hear nothing but answers and what is told to the whole conversation."""
    senders = await open_channels(port, [people[number % len(people)] for number in range(SENDERS)])
    await asyncio.gather(*(each.join(f"conversation:{conversation_id}") for each in senders))
    return senders


async def open_listeners(port: int, people: Sequence[Person]) -> list[Channel]:
    """One socket of each member's, that is told of their copies."""
    listeners = await open_channels(port, people)
    joining = (each.join(f"user:{subject(person)}") for each, person in zip(listeners, people, strict=True))
    await asyncio.gather(*joining)
    return listeners


async def send_all(
    senders: Sequence[Channel], listeners: Sequence[Channel], conversation_id: str, members: Sequence[str], count: int
) -> float:
    """Messages a second, from the first push until the last copy was received."""
    missing, last = count * len(listeners), 0.0
    all_here: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def received(_: bytes, at: float) -> None:
        nonlocal missing, last
        missing, last = missing - 1, at
        if not missing:
            all_here.set_result(None)

    for each in listeners:
        each.on_message = received
    began, numbers = time.perf_counter(), iter(range(count))
    async with asyncio.timeout(PATIENCE):
        # Not one lane after the other of each socket: the first to send would be done before the last begins.
        lanes = (_send_some(each, conversation_id, members, numbers) for _ in range(UNDER_WAY) for each in senders)
        await asyncio.gather(*lanes)
        await all_here
    return count / (last - began)


async def _send_some(sender: Channel, conversation_id: str, members: Sequence[str], numbers: Iterator[int]) -> None:
    for number in numbers:
        await sender.ask(f"conversation:{conversation_id}", "send_message", copies(members, number))


def _figures(size: int, taken: Sequence[Round]) -> list[Figure]:
    ours, bare, costs = ([getattr(each, which) for each in taken] for which in Round.__slots__)
    return [
        Figure(f"{size} members: stored and delivered to everybody", "/s", ours),
        Figure(f"{size} members: beside, bare writes, {SENDERS} to a commit", "/s", bare),
        Figure(f"{size} members: ratio, messages ÷ bare writes", "", ratios(ours, bare)),
        Figure(f"{size} members: the server's computing time a message", "µs", costs),
    ]
