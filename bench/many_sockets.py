"""Sign-out everywhere with thousands of open sockets, beside a bare app that closes as many on the same server.

The sockets are one user's, spread over fifty sessions, and some of them are dead: they read nothing any more, and never
answer the closing frame. Times are those of the others, and begin when the 204 has arrived. Somebody else asks all the
while, from a process of their own.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import uvloop

from bench.bystander import standing_by
from bench.http_client import check, connected, request
from bench.machine import client_cores, pinned, room_for_sockets, server_cores
from bench.people import Person, make_people
from bench.report import Bench, Figure, Goal, Report, percentile, ratios
from bench.servers import serving
from bench.sign_out import SESSION_ENDED
from bench.sockets import open_sockets

SOCKETS, SESSIONS, ROUNDS, DEAD = 10_000, 50, 5, 20
GOAL = 500.0
"""Milliseconds."""
ASKS_FOR = 0.3
"""Seconds: about as long as the closing takes."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Milliseconds: when half of the sockets were closed, and all; and what others' answers took just before and
    meanwhile."""

    half: float
    last: float
    quiet: Sequence[float] = ()
    meanwhile: Sequence[float] = ()


def measure(bench: Bench) -> Report:
    wanted, sessions, rounds = (40, 4, 1) if bench.quick else (SOCKETS, SESSIONS, ROUNDS)
    sockets = room_for_sockets(wanted) // sessions * sessions
    *people, other = asyncio.run(make_people(bench.folder, rounds + 2, sessions=sessions))
    with (
        serving(bench.folder, "chat", "serve", cores=server_cores()) as chat,
        serving(bench.folder, "bench.bare_sockets", cores=server_cores()) as bare,
        pinned(client_cores()),
    ):
        taken = [(_sign_out(chat.port, person, other, sockets), _close(bare.port, sockets)) for person in people][1:]
    ours, beside = zip(*taken, strict=True)
    last = [each.last for each in ours]
    return Report(
        f"Sign-out everywhere with {sockets:,} open sockets of one user in {sessions} sessions, {_dead(sockets)} dead",
        [
            Figure("from the 204 until half of the sockets are closed", "ms", [each.half for each in ours]),
            Figure("from the 204 until the last that lives is closed", "ms", last),
            Figure("beside: a bare app on the same server, half", "ms", [each.half for each in beside]),
            Figure("beside: a bare app on the same server, the last", "ms", [each.last for each in beside]),
            Figure("ratio, the last", "×", ratios(last, [each.last for each in beside])),
            Figure("somebody else's GET, before", "ms", [one for each in ours for one in each.quiet], show_p99=True),
            Figure("the same meanwhile", "ms", [one for each in ours for one in each.meanwhile], show_p99=True),
        ],
        goal=Goal("milliseconds until the last is closed", GOAL, percentile(last, 0.5), at_most=True),
        notes=[f"{wanted:,} sockets were wanted: raise `ulimit -n`"] if sockets < wanted else [],
    )


def _dead(sockets: int) -> int:
    return min(DEAD, sockets // 10)


def _sign_out(port: int, person: Person, other: Person, sockets: int) -> Closing:
    tokens = [pair.auth_token for pair in person.sessions]
    paths = [f"/backend/socket/websocket?vsn=2.0.0&token={tokens[n % len(tokens)]}" for n in range(sockets)]
    post = request("POST", "/backend/api/signout_all", token=tokens[0])
    return uvloop.run(_close_by(port, post, paths, other.sessions[0].auth_token))


def _close(port: int, sockets: int) -> Closing:
    return uvloop.run(_close_by(port, request("POST", "/"), ["/"] * sockets))


async def _close_by(port: int, post: bytes, paths: Sequence[str], bystanders: str | None = None) -> Closing:
    sockets = await open_sockets(port, list(paths))
    dead, alive = sockets[: _dead(len(sockets))], sockets[_dead(len(sockets)) :]
    for each in dead:
        each.read_no_more()
    with ExitStack() as stack:
        bystander = stack.enter_context(standing_by(port, bystanders, ASKS_FOR)) if bystanders else None
        async with connected(port, 1) as [client]:
            if bystander is not None:
                bystander.ask_again()
            said = check(await client.ask(post), 204).at
            closed = await asyncio.wait_for(asyncio.gather(*(socket.closed for socket in alive)), 60)
        quiet, meanwhile = (bystander.before, bystander.meanwhile()) if bystander else ([], [])
    if codes := {each.code for each in closed} - {SESSION_ENDED}:
        raise RuntimeError(f"sockets were closed with {codes}")
    for socket in sockets:
        await socket.hang_up()
    times = [1000 * (each.at - said) for each in closed]
    return Closing(percentile(times, 0.5), max(times), quiet, meanwhile)
