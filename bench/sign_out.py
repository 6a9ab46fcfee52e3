"""Remote sign-out: from the 204 of `DELETE /api/sessions/{id}` until the other device is out.

Out in both senses: its socket has been closed, and its auth token is refused. Times begin when the 204 has arrived at
the device that asked; below nought is before it.
"""

import asyncio
import time
from collections.abc import Sequence

import uvloop

from bench.http_client import HttpClient, check, connected, request
from bench.machine import client_cores, pinned, server_cores
from bench.people import make_people
from bench.report import Bench, Figure, Report
from bench.servers import serving
from bench.sockets import open_socket
from latchstring import TokenPair

ROUNDS, WARM_UP = 500, 50
SESSION_ENDED = 4401


def measure(bench: Bench) -> Report:
    rounds, warm_up = (5, 1) if bench.quick else (ROUNDS, WARM_UP)
    [person] = asyncio.run(make_people(bench.folder, 1, sessions=1 + warm_up + rounds))
    with serving(bench.folder, "chat", "serve", cores=server_cores()) as server, pinned(client_cores()):
        taken = uvloop.run(_sign_all_out(server.port, person.sessions[0], person.sessions[1:]))[warm_up:]
    closed, refused, round_trip, late = (list(column) for column in zip(*taken, strict=True))
    return Report(
        f"Remote sign-out, {rounds} times",
        [
            Figure("from the 204 until the other device's socket is closed", "ms", closed, show_p99=True),
            Figure("from the 204 until the other device's auth token is refused", "ms", refused, show_p99=True),
            Figure("beside: an authenticated GET, there and back", "ms", round_trip, show_p99=True),
        ],
        notes=[f"{sum(late):.0f} requests with the other device's auth token were answered after the 204"],
    )


async def _sign_all_out(port: int, own: TokenPair, others: Sequence[TokenPair]) -> list[tuple[float, ...]]:
    async with connected(port, 2) as (asking, other):
        return [await _sign_out(port, asking, other, own, device) for device in others]


async def _sign_out(
    port: int, asking: HttpClient, other: HttpClient, own: TokenPair, device: TokenPair
) -> tuple[float, float, float, float]:
    """Milliseconds until closed, until refused, of a plain round trip; and how often the token was still taken."""
    socket = await open_socket(port, f"/backend/socket/websocket?vsn=2.0.0&token={device.auth_token}")
    get = request("GET", "/backend/api/me", token=device.auth_token)
    check(await other.ask(get), 200)
    began = time.perf_counter()
    round_trip = check(await other.ask(get), 200).at - began
    delete = request("DELETE", f"/backend/api/sessions/{device.session_id}", token=own.auth_token)
    said = check(await asking.ask(delete), 204).at
    late = 0
    while (answer := await other.ask(get)).status == 200:
        late += 1
    check(answer, 401)
    closed = await asyncio.wait_for(socket.closed, 10)
    if closed.code != SESSION_ENDED:
        raise RuntimeError(f"the socket was closed with {closed.code}")
    await socket.hang_up()
    return 1000 * (closed.at - said), 1000 * (answer.at - said), 1000 * round_trip, late
