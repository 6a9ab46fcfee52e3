"""Sockets that had their closing frame are taken apart in turns, and nothing of them is lost meanwhile."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from chat import websocket
from chat.taking_apart import AT_ONCE, PATIENCE, TakingApart
from chat.websocket import BoundedWebSocket
from tests.live.node import closing, dial, until

pytestmark = pytest.mark.anyio


class Loop:
    """A loop whose turns and time are ours."""

    def __init__(self) -> None:
        self.now = 0.0
        self._next: deque[Callable[[], None]] = deque()

    def time(self) -> float:
        return self.now

    def call_soon(self, call: Callable[[], None]) -> None:
        self._next.append(call)

    def turn(self) -> None:
        for _ in range(len(self._next)):
            self._next.popleft()()

    @property
    def is_idle(self) -> bool:
        return not self._next


class Crowd:
    """Sockets that end, each with the number under which it came."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.turns = TakingApart(cast(asyncio.AbstractEventLoop, self.loop))
        self.came = 0
        self.taken: list[int] = []

    def come(self, count: int) -> None:
        for number in range(self.came, self.came + count):
            self.turns.add(lambda number=number: self.taken.append(number))  # type: ignore[misc]
        self.came += count


def test_a_single_one_is_taken_apart_in_the_turn_after_the_next() -> None:
    crowd = Crowd()
    for number in range(3):
        crowd.come(1)
        crowd.loop.turn()
        assert crowd.taken[number:] == []
        crowd.loop.turn()
        assert crowd.taken[number:] == [number]
    assert crowd.loop.is_idle


def test_none_is_taken_apart_while_others_come_and_some_at_each_turn_when_none_has_come_since() -> None:
    crowd, taken = Crowd(), []
    for coming in (40, 40, 40, 0, 0):
        crowd.come(coming)
        before = len(crowd.taken)
        crowd.loop.turn()
        taken.append(len(crowd.taken) - before)
    assert taken == [0, 0, 0, AT_ONCE, AT_ONCE]
    while not crowd.loop.is_idle:
        crowd.loop.turn()
    assert crowd.taken == list(range(120))


def test_none_starves_though_others_never_stop_to_come() -> None:
    crowd = Crowd()
    while crowd.loop.now < PATIENCE:
        crowd.come(1)
        crowd.loop.turn()
        crowd.loop.now += PATIENCE / 8
    assert crowd.taken == []
    crowd.come(1)
    crowd.loop.turn()
    assert crowd.taken == list(range(9))


def test_what_comes_in_the_middle_of_a_turn_has_one_of_its_own() -> None:
    crowd = Crowd()
    crowd.turns.add(lambda: crowd.come(1))
    crowd.loop.turn()
    crowd.loop.turn()
    assert crowd.taken == []
    crowd.loop.turn()
    crowd.loop.turn()
    assert crowd.taken == [0]
    assert crowd.loop.is_idle


class App:
    """Lets everybody in, closes whom it is told to, and keeps what it received of each."""

    def __init__(self) -> None:
        self.open: list[Send] = []
        self.received: list[dict[str, Any]] = []
        self.left = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.open.append(send)
        while (message := await receive())["type"] == "websocket.receive":
            self.received.append(dict(message))
        self.received.append(dict(message))
        self.left += 1

    async def close_all(self) -> None:
        for send in self.open:
            await send({"type": "websocket.close", "code": 4401, "reason": "signed_out"})


OURS = {"type": "websocket.disconnect", "code": 4401, "reason": "signed_out"}


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    config = uvicorn.Config(app, ws=BoundedWebSocket, lifespan="off", log_config=None, timeout_graceful_shutdown=60)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        await server.startup(sockets=[listening])
        yield listening.getsockname()[1], server
        await server.shutdown(sockets=[listening])


@pytest.fixture
def nobodys_turn(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """Whoever waits, until the test calls them."""
    waiting: list[Callable[[], None]] = []
    monkeypatch.setattr(TakingApart, "add", lambda _, take_apart: waiting.append(take_apart))
    return waiting


async def test_all_that_are_closed_at_once_have_their_code_and_are_forgotten() -> None:
    app = App()
    async with serving(app) as (port, server):
        clients = [await dial(port) for _ in range(100)]
        await app.close_all()
        assert [await closing(each) for each in clients] == 100 * [(4401, "signed_out")]
        await until(lambda: app.left == 100 and not server.server_state.connections)
    assert app.received == 100 * [OURS]


async def test_the_closing_frame_waits_for_no_turn_and_nothing_is_read_before_it(
    nobodys_turn: list[Callable[[], None]],
) -> None:
    app = App()
    async with serving(app) as (port, _), dial(port) as client:
        await until(lambda: app.open)
        await client.send("in time")
        await until(lambda: app.received)
        app.received.clear()
        ending = asyncio.create_task(closing(client))
        await app.close_all()
        await until(lambda: client.protocol.close_rcvd)
        assert not ending.done(), "its answer was read, and the connection ended, before its turn"
        assert app.received == []
        nobodys_turn[0]()
        assert await ending == (4401, "signed_out")
        await until(lambda: app.left)
    assert app.received == [OURS]


async def test_a_socket_lost_while_it_waits_is_told_to_its_app_with_our_code_and_forgotten(
    nobodys_turn: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "LINGER_SECONDS", 0.01)
    app = App()
    async with serving(app) as (port, server), dial(port):
        await until(lambda: app.open)
        await app.close_all()
        await until(lambda: app.left and not server.server_state.connections)
        nobodys_turn[0]()
    assert app.received == [OURS]


async def test_a_client_that_hangs_up_before_its_turn_is_forgotten_at_it(
    nobodys_turn: list[Callable[[], None]],
) -> None:
    app = App()
    async with serving(app) as (port, server), dial(port) as client:
        await until(lambda: app.open)
        await app.close_all()
        client.transport.abort()
        nobodys_turn[0]()
        await until(lambda: app.left and not server.server_state.connections)
    assert app.received == [OURS]


async def test_a_server_that_stops_waits_for_nobodys_turn(nobodys_turn: list[Callable[[], None]]) -> None:
    app = App()
    async with serving(app) as (port, server):
        client = await dial(port)
        await until(lambda: app.open)
        await app.close_all()
        await until(lambda: client.protocol.close_rcvd)
        async with asyncio.timeout(20):
            await server.shutdown()
        assert app.received == [OURS]
        assert len(nobodys_turn) == 1
    assert await closing(client) == (4401, "signed_out")


async def test_a_second_close_is_refused_and_the_first_one_stands(nobodys_turn: list[Callable[[], None]]) -> None:
    app = App()
    async with serving(app) as (port, _), dial(port) as client:
        await until(lambda: app.open)
        await app.close_all()
        with pytest.raises(RuntimeError, match="after sending"):
            await app.open[0]({"type": "websocket.close", "code": 1000})
        assert len(nobodys_turn) == 1
        nobodys_turn[0]()
        assert await closing(client) == (4401, "signed_out")
