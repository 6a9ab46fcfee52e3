"""Sign-out everywhere with thousands of open sockets, beside a bare app that closes as many on the same server.

The sockets are one user's, spread over fifty sessions. Times begin when the 204 has arrived.
"""

import asyncio
from collections.abc import Sequence

import uvloop

from bench.http_client import check, connected, request
from bench.machine import client_cores, pinned, room_for_sockets, server_cores
from bench.people import Person, make_people
from bench.report import Bench, Figure, Report, percentile, ratios
from bench.servers import serving
from bench.sign_out import SESSION_ENDED
from bench.sockets import open_sockets

SOCKETS, SESSIONS, ROUNDS = 10_000, 50, 3
Times = tuple[float, float]
"""When half of the sockets were closed, and when all were, in milliseconds."""


def measure(bench: Bench) -> Report:
    wanted, sessions, rounds = (40, 4, 1) if bench.quick else (SOCKETS, SESSIONS, ROUNDS)
    sockets = room_for_sockets(wanted) // sessions * sessions
    people = asyncio.run(make_people(bench.folder, rounds + 1, sessions=sessions))
    with (
        serving(bench.folder, "chat", "serve", cores=server_cores()) as chat,
        serving(bench.folder, "bench.bare_sockets", cores=server_cores()) as bare,
        pinned(client_cores()),
    ):
        taken = [(_sign_out(chat.port, person, sockets), _close(bare.port, sockets)) for person in people][1:]
    ours, beside = zip(*taken, strict=True)
    return Report(
        f"Sign-out everywhere with {sockets:,} open sockets of one user in {sessions} sessions",
        [
            Figure("from the 204 until half of the sockets are closed", "ms", [half for half, _ in ours]),
            Figure("from the 204 until the last is closed", "ms", [last for _, last in ours]),
            Figure("beside: a bare app on the same server, half", "ms", [half for half, _ in beside]),
            Figure("beside: a bare app on the same server, the last", "ms", [last for _, last in beside]),
            Figure("ratio, the last", "×", ratios([last for _, last in ours], [last for _, last in beside])),
        ],
        notes=[f"{wanted:,} sockets were wanted: raise `ulimit -n`"] if sockets < wanted else [],
    )


def _sign_out(port: int, person: Person, sockets: int) -> Times:
    tokens = [pair.auth_token for pair in person.sessions]
    paths = [f"/backend/socket/websocket?vsn=2.0.0&token={tokens[n % len(tokens)]}" for n in range(sockets)]
    return uvloop.run(_close_by(port, request("POST", "/backend/api/signout_all", token=tokens[0]), paths))


def _close(port: int, sockets: int) -> Times:
    return uvloop.run(_close_by(port, request("POST", "/"), ["/"] * sockets))


async def _close_by(port: int, post: bytes, paths: Sequence[str]) -> Times:
    sockets = await open_sockets(port, list(paths))
    async with connected(port, 1) as [client]:
        said = check(await client.ask(post), 204).at
        closed = await asyncio.wait_for(asyncio.gather(*(socket.closed for socket in sockets)), 60)
    if codes := {each.code for each in closed} - {SESSION_ENDED}:
        raise RuntimeError(f"sockets were closed with {codes}")
    for socket in sockets:
        await socket.hang_up()
    times = [1000 * (each.at - said) for each in closed]
    return percentile(times, 0.5), max(times)
