"""How long a message takes from its push until the other member's socket has it: at an easy pace, and at half of as
many a second as the server can, in turns.

Messages come at an even pace, whatever becomes of those before them, and each is timed from when it was due. Beside: a
heartbeat, which goes the same way and stores nothing; and one bare commit of as many rows and bytes.
"""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass

import uvloop

from bench.bare_messages import BareMessages
from bench.channel import Channel, copies, hang_up, number_in, subject
from bench.crowd import make_crowd, start_groups
from bench.machine import client_cores, pinned, server_cores
from bench.messages import MESSAGES, PATIENCE, open_listeners, open_senders, send_all
from bench.people import Person
from bench.report import Bench, Figure, Report, percentile
from bench.servers import serving

ROUNDS, SECONDS, EASY = 5, 3.0, 20.0
"""Twenty a second is a lively evening of one conversation."""
COMMITS = 50


@dataclass(frozen=True, slots=True)
class Round:
    """Milliseconds."""

    easy: list[float]
    half: list[float]
    heartbeats: list[float]
    commits: list[float]


def measure(bench: Bench) -> Report:
    apart = bench.folder / "bare"
    apart.mkdir()
    people = make_crowd(bench.folder, 2)
    make_crowd(apart, 2)
    members = [subject(each) for each in people]
    [group], _ = start_groups(bench.folder, [members]), start_groups(apart, [members])
    bare = BareMessages(apart, group, members)
    with serving(bench.folder, "chat", "serve", cores=server_cores()) as server, pinned(client_cores()):
        most, taken = uvloop.run(_compare(server.port, people, group, bare, bench.quick))
    bare.close()
    return Report(
        "From the push of a message until the other member has it",
        [
            *_figures(f"{EASY:.0f} a second", [each.easy for each in taken]),
            *_figures("half of the maximum rate", [each.half for each in taken]),
            *_figures("beside: a heartbeat, there and back", [each.heartbeats for each in taken]),
            *_figures("beside: one bare commit of as much", [each.commits for each in taken]),
        ],
        notes=[f"half of the maximum rate was {most / 2:.0f} a second"],
    )


async def _compare(
    port: int, people: Sequence[Person], conversation_id: str, bare: BareMessages, quick: bool
) -> tuple[float, list[Round]]:
    rounds, seconds, many = (1, 0.3, 64) if quick else (ROUNDS, SECONDS, MESSAGES[2])
    members, topic = [subject(each) for each in people], f"conversation:{conversation_id}"
    senders = await open_senders(port, people[:1], conversation_id)
    [listener] = await open_listeners(port, people[1:])
    most = sorted([await send_all(senders, [listener], conversation_id, members, many) for _ in range(3)])[1]
    taken = []
    for _ in range(rounds):
        easy = await _latencies(senders, listener, topic, members, EASY, seconds)
        half = await _latencies(senders, listener, topic, members, most / 2, seconds)
        beats = await _heartbeats(senders[0], int(EASY * seconds))
        taken.append(Round(easy, half, beats, _commits(bare, 2 if quick else COMMITS)))
    await hang_up([*senders, listener])
    return most, taken


async def _latencies(
    senders: Sequence[Channel],
    listener: Channel,
    topic: str,
    members: Sequence[str],
    each_second: float,
    seconds: float,
) -> list[float]:
    due, arrived, count = dict[int, float](), dict[int, float](), int(each_second * seconds)
    all_here: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def received(message: bytes, at: float) -> None:
        arrived[number_in(message)] = at
        if len(arrived) == count:
            all_here.set_result(None)

    listener.on_message = received
    began, answers = time.perf_counter(), []
    for number, sender in zip(range(count), itertools.cycle(senders), strict=False):
        due[number] = began + number / each_second
        await asyncio.sleep(max(0.0, due[number] - time.perf_counter()))
        answers.append(sender.ask(topic, "send_message", copies(members, number)))
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*answers)
        await all_here
    return [1000 * (arrived[number] - due[number]) for number in due]


async def _heartbeats(channel: Channel, count: int) -> list[float]:
    taken = []
    for _ in range(count):
        await asyncio.sleep(1 / EASY / 4)
        began = time.perf_counter()
        _, at = await channel.ask("phoenix", "heartbeat", {})
        taken.append(1000 * (at - began))
    return taken


def _commits(bare: BareMessages, count: int) -> list[float]:
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        bare.commit()
        taken.append(1000 * (time.perf_counter() - began))
    return taken


def _figures(when: str, rounds: Sequence[list[float]]) -> list[Figure]:
    return [
        Figure(f"{when}: median", "ms", [percentile(taken, 0.5) for taken in rounds]),
        Figure(f"{when}: p99", "ms", [percentile(taken, 0.99) for taken in rounds]),
    ]
