"""Remote sign-out across nodes: from the 204 at one node until the other device's socket is closed at another.

Three times: woken by PostgreSQL's NOTIFY, by Valkey, and by nothing, so that the poll of each second has to find it.
"""

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import uvloop

from bench.http_client import HttpClient, check, connected, request
from bench.machine import client_cores, pinned, server_cores
from bench.muffled import muffled
from bench.people import Person, make_people
from bench.report import Bench, Figure, Report
from bench.servers import Server, serving
from bench.sockets import open_socket
from latchstring import TokenPair
from tests.backing.postgres import PostgresServer
from tests.backing.valkey import ValkeyServer

ROUNDS, POLLED = 300, 100
SESSION_ENDED = 4401
POLL = 1.0
"""Seconds. A socket that was found by a poll was closed just after it: pauses as long as this forget when that was."""


def measure(bench: Bench) -> Report:
    rounds, polled = (5, 3) if bench.quick else (ROUNDS, POLLED)
    with _backing() as (postgres, valkey), pinned(client_cores()):
        figures = [
            _figure("woken by NOTIFY", _measured(bench, "notify", postgres, rounds)),
            _figure("woken by Valkey alone", _measured(bench, "valkey", postgres, rounds, valkey, is_muffled=True)),
            _figure("every wake-up lost", _measured(bench, "poll", postgres, polled, is_muffled=True)),
        ]
    return Report(
        f"Remote sign-out across two nodes, {rounds} times ({polled} without wake-ups)",
        figures,
        notes=["where no NOTIFY comes, what the other node reads passes a proxy: some tenths of a millisecond"],
    )


def _figure(how: str, values: Sequence[float]) -> Figure:
    return Figure(f"from the 204 until the socket is closed, {how}", "ms", values, show_p99=True)


@contextmanager
def _backing() -> Iterator[tuple[PostgresServer, ValkeyServer]]:
    with ExitStack() as stack:
        postgres, valkey = PostgresServer(durable=True), ValkeyServer()
        stack.callback(postgres.close)
        stack.callback(valkey.close)
        yield postgres.make(), valkey.start()


def _measured(
    bench: Bench,
    name: str,
    postgres: PostgresServer,
    rounds: int,
    valkey: ValkeyServer | None = None,
    *,
    is_muffled: bool = False,
) -> Sequence[float]:
    """Two nodes on a database of their own, and a person who is signed in that often."""
    database = postgres.create_database(name)
    shared = {"CHAT_SECRETS": str(bench.folder / "shared.secrets")}
    shared.update({"CHAT_REDIS_URL": valkey.url} if valkey else {})
    near = {**shared, "CHAT_DATABASE_URL": postgres.url(database)}
    pause = 0.05 if valkey or not is_muffled else POLL
    [person] = asyncio.run(make_people(bench.folder, 1, sessions=2 + rounds, environment=near))
    with ExitStack() as stack:
        port = stack.enter_context(muffled(postgres.port)) if is_muffled else postgres.port
        far = {**shared, "CHAT_DATABASE_URL": postgres.url(database, port)}
        asked = stack.enter_context(_node(bench, f"{name}-asked", near))
        other = stack.enter_context(_node(bench, f"{name}-other", far))
        return uvloop.run(_sign_all_out(asked.port, other.port, person, pause))[1:]


@contextmanager
def _node(bench: Bench, name: str, environment: Mapping[str, str]) -> Iterator[Server]:
    folder = bench.folder / name
    folder.mkdir()
    with serving(folder, "chat", "serve", cores=server_cores(), **environment) as server:
        yield server


async def _sign_all_out(asked: int, other: int, person: Person, pause: float) -> list[float]:
    own, *devices = person.sessions
    async with connected(asked, 1) as [asking]:
        return [await _sign_out(asking, other, own, device, pause) for device in devices]


async def _sign_out(asking: HttpClient, other: int, own: TokenPair, device: TokenPair, pause: float) -> float:
    """Milliseconds. The pause puts the sign-out anywhere between two polls."""
    socket = await open_socket(other, f"/backend/socket/websocket?vsn=2.0.0&token={device.auth_token}")
    await asyncio.sleep(random.uniform(0, pause))
    delete = request("DELETE", f"/backend/api/sessions/{device.session_id}", token=own.auth_token)
    said = check(await asking.ask(delete), 204).at
    closed = await asyncio.wait_for(socket.closed, 20)
    if closed.code != SESSION_ENDED:
        raise RuntimeError(f"the socket was closed with {closed.code}")
    await socket.hang_up()
    return 1000 * (closed.at - said)
