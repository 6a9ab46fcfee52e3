"""A page of history in a conversation of a million messages beside one of a thousand, in turns, one request at a time.

The newest page, a page from the middle, and what a join is answered, which holds the newest page.
"""

import time
from collections.abc import Awaitable, Callable, Sequence

import uvloop

from bench.channel import Channel, hang_up, open_channels, subject
from bench.crowd import make_crowd, page_token, start_groups, write_history
from bench.http_client import HttpClient, check, connected, request
from bench.machine import client_cores, pinned, server_cores
from bench.people import Person
from bench.report import Bench, Figure, Goal, Report, percentile, ratios
from bench.servers import serving

SIZES = (1_000_000, 1_000)
ROUNDS, PAGES = 15, 30
GOAL = 1.5
Ask = Callable[[], Awaitable[float]]
"""One page: when it had come."""
Taken = dict[str, list[list[float]]]
"""By what was asked for: the median of each round in milliseconds, for the longer conversation and the shorter one."""


def measure(bench: Bench) -> Report:
    sizes = (2_000, 1_000) if bench.quick else SIZES
    rounds, pages = (2, 2) if bench.quick else (ROUNDS, PAGES)
    reader, sender = make_crowd(bench.folder, 2)
    here, there = subject(reader), subject(sender)
    conversations = start_groups(bench.folder, [(here, there) for _ in sizes])
    for conversation_id, size in zip(conversations, sizes, strict=True):
        write_history(bench.folder, conversation_id, there, here, size)
    pairs = zip(conversations, sizes, strict=True)
    middles = [page_token(bench.folder, here, each, size // 2) for each, size in pairs]
    with serving(bench.folder, "chat", "serve", cores=server_cores()) as server, pinned(client_cores()):
        taken = uvloop.run(_compare(server.port, reader, conversations, middles, rounds, pages))
    compared = [Figure(f"{what}: ratio", "×", ratios(*medians)) for what, medians in taken.items()]
    return Report(
        f"A page of history in a conversation of {sizes[0]:,} messages beside one of {sizes[1]:,}",
        [*_figures(taken, sizes), *compared],
        Goal("longer ÷ shorter, the most of the three,", GOAL, max(each.median for each in compared), at_most=True),
    )


async def _compare(
    port: int, reader: Person, conversations: Sequence[str], middles: Sequence[str], rounds: int, pages: int
) -> Taken:
    async with connected(port, 1) as [client]:
        taken: Taken = {}
        for _ in range(rounds + 1):
            # A socket for each round: one that joined all the time would be closed for a flood.
            [channel] = await open_channels(port, [reader])
            kinds: dict[str, list[Ask]] = {
                "the newest page": [_page(client, reader, each, "") for each in conversations],
                "a page from the middle": [
                    _page(client, reader, *each) for each in zip(conversations, middles, strict=True)
                ],
                "a join's snapshot": [_join(channel, each) for each in conversations],
            }
            for what, asks in kinds.items():
                for ask, medians in zip(asks, taken.setdefault(what, [[] for _ in asks]), strict=True):
                    medians.append(percentile([await _timed(ask) for _ in range(pages)], 0.5))
            await hang_up([channel])
    return {what: [medians[1:] for medians in each] for what, each in taken.items()}


def _page(client: HttpClient, reader: Person, conversation_id: str, page_token: str) -> Ask:
    path = f"/backend/api/messages?conversation_id={conversation_id}&page_token={page_token}"
    get = request("GET", path, token=reader.sessions[0].auth_token)

    async def ask() -> float:
        return check(await client.ask(get), 200).at

    return ask


def _join(channel: Channel, conversation_id: str) -> Ask:
    async def ask() -> float:
        _, at = await channel.ask(f"conversation:{conversation_id}", "phx_join", {})
        return at

    return ask


async def _timed(ask: Ask) -> float:
    began = time.perf_counter()
    return 1000 * (await ask() - began)


def _figures(taken: Taken, sizes: Sequence[int]) -> list[Figure]:
    return [
        Figure(f"{what}, of {size:,}", "ms", medians)
        for what, each in taken.items()
        for size, medians in zip(sizes, each, strict=True)
    ]
