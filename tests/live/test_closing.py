"""A session that ends takes its sockets along, under both of uvicorn's protocols, whether they are read or not."""

import asyncio
import logging
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from latchstring.errors import SessionEnded
from latchstring.live import Connection, Limits, LiveGuard, SocketClosed
from latchstring.live.wire import LEEWAY
from latchstring.settings import Settings
from tests.live.node import PROTOCOLS, VISITOR, Node, Protocol, closing, dial, served, until

pytestmark = pytest.mark.anyio


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return request.param  # type: ignore[no-any-return]


class Recorder:
    """An app that keeps what it received, and how it was left."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.opened: asyncio.Queue[Connection] = asyncio.Queue()
        self.ended = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.opened.put_nowait(scope["latchstring"])
        try:
            while (message := await receive())["type"] == "websocket.receive":
                self.messages.append(message.get("text") or message.get("bytes"))
            self.messages.append((message["code"], message.get("reason", "")))
        finally:
            self.ended.set()


async def flood_out(scope: Scope, receive: Receive, send: Send) -> None:
    """Echoes, or fills whatever lies between it and a client that does not read."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        while message["text"] == "flood":
            await send({"type": "websocket.send", "text": "x" * 65536})
        await send({"type": "websocket.send", "text": message["text"]})


@pytest.mark.parametrize("reason", ["signed_out", "signed_out_elsewhere", "password_changed", "replayed"])
async def test_a_session_that_ends_closes_its_socket_with_4401_and_the_reason(protocol: Protocol, reason: Any) -> None:
    node, app = Node(), Recorder()
    pair = await node.sign_in()
    async with node.serving(protocol, app) as port, dial(port, token=pair.auth_token) as client:
        await app.opened.get()
        await node.sessions.end(pair.session_id, reason)
        assert await closing(client) == (4401, reason)
        await app.ended.wait()
    assert app.messages == [(4401, reason)]
    assert len(node.connections) == 0


async def test_only_the_sockets_of_that_session_are_closed(protocol: Protocol) -> None:
    node = Node()
    mine, phone, other = await node.sign_in(), await node.sign_in(), await node.sign_in("bert")
    async with (
        node.serving(protocol) as port,
        dial(port, token=mine.auth_token) as first,
        dial(port, token=mine.auth_token) as second,
        dial(port, token=phone.auth_token) as third,
        dial(port, token=other.auth_token) as fourth,
    ):
        await node.sessions.end(mine.session_id)
        assert [(await closing(each))[0] for each in (first, second)] == [4401, 4401]
        for each, subject in ((third, "anna"), (fourth, "bert")):
            await each.send("here")
            assert await each.recv() == f"{subject}: here"


async def test_signing_out_everywhere_closes_all_sockets_but_those_of_the_session_that_asked(
    protocol: Protocol,
) -> None:
    node = Node()
    pairs = [await node.sign_in() for _ in range(4)]
    async with node.serving(protocol) as port:
        clients = [await dial(port, token=pair.auth_token) for pair in pairs]
        await node.sessions.end_all("anna", but=pairs[0].session_id)
        assert [await closing(each) for each in clients[1:]] == [(4401, "signed_out_elsewhere")] * 3
        await clients[0].send("here")
        assert await clients[0].recv() == "anna: here"
        await clients[0].close()


async def test_a_replayed_refresh_token_closes_the_socket(protocol: Protocol) -> None:
    node = Node()
    stolen = await node.sign_in()
    newer = await node.refresh(stolen)
    async with node.serving(protocol) as port, dial(port, token=newer.auth_token) as client:
        node.clock.advance(seconds=60)
        with pytest.raises(Exception, match="ended"):
            await node.refresh(stolen)
        assert await closing(client) == (4401, "replayed")


@pytest.mark.parametrize("way", ["end", "end_one", "end_all", "end_presented", "a replay", "a new sign-in"])
async def test_once_a_sign_out_is_acknowledged_no_frame_passes_though_the_feed_was_not_read(way: str) -> None:
    """The soak found it: what was sent between the answer and the reading of the feed still passed."""
    node = Node(settings=Settings(feed_poll_seconds=3600, feed_silence_seconds=7200))
    node.store.deaf = True
    first = await node.sign_in()
    pair = await node.refresh(first)
    async with node.serving("wsproto") as port, dial(port, token=pair.auth_token) as client:
        node.clock.advance(seconds=60)
        reads = node.store.feed_reads
        match way:
            case "end":
                await node.sessions.end(pair.session_id)
            case "end_one":
                await node.sessions.end_one("anna", pair.session_id)
            case "end_all":
                await node.sessions.end_all("anna")
            case "end_presented":
                await node.sessions.end_presented(pair.refresh_token)
            case "a replay":
                with pytest.raises(SessionEnded):
                    await node.refresh(first)
            case "a new sign-in":
                await node.sessions.start("anna", remembered=True, visitor=VISITOR, replaces=pair.refresh_token)
        [connection] = node.connections
        assert connection.condemned
        with pytest.raises(SocketClosed):
            await connection.send({"type": "websocket.send", "text": "a canary"})
        assert (await closing(client))[0] == 4401
        assert node.store.feed_reads == reads


async def test_a_lost_wake_up_costs_a_poll_and_never_a_revocation(protocol: Protocol) -> None:
    node = Node()
    node.store.deaf = True
    pair = await node.sign_in()
    async with node.serving(protocol) as port, dial(port, token=pair.auth_token) as client:
        # On another node: on this one, it would not have to be heard.
        await node.store.end_session(pair.session_id, "signed_out", node.clock())
        assert await closing(client) == (4401, "signed_out")


async def test_an_end_that_came_while_the_store_was_down_is_heard_when_it_is_back(
    protocol: Protocol, caplog: pytest.LogCaptureFixture
) -> None:
    node = Node()
    pair = await node.sign_in()
    async with node.serving(protocol) as port, dial(port, token=pair.auth_token) as client:
        node.store.down = True
        await node.store.end_session(pair.session_id, "signed_out", node.clock())
        await until(lambda: caplog.records)
        node.store.down = False
        assert await closing(client) == (4401, "signed_out")
    assert "could not be read: StoreUnavailable" in caplog.text


async def test_a_client_that_never_reads_delays_nobody_and_is_cut_off_in_the_end(protocol: Protocol) -> None:
    """A thousand sockets of one session. Those that wait for the stuck one would wait for a minute."""
    node = Node(limits=Limits(close_seconds=60))
    pair = await node.sign_in()
    async with node.serving(protocol, flood_out) as port:
        # A tiny queue, so that the client library stops reading from its transport.
        stuck = await dial(port, token=pair.auth_token, max_queue=1, ping_interval=None)
        await stuck.send("flood")
        clients = [await dial(port, token=pair.auth_token, ping_interval=None) for _ in range(999)]
        victim = next(each for each in node.connections if each._waiting)
        await node.sessions.end(pair.session_id)
        codes = await asyncio.gather(*map(closing, clients))
        assert codes == [(4401, "signed_out")] * 999
        assert list(node.connections) == [victim]
        assert not victim.part().done()
        victim._limits = Limits(close_seconds=0)
        victim._parting = None
        await asyncio.wait((victim.part(),))
        assert (await closing(stuck))[0] != 4401
    assert len(node.connections) == 0


async def test_from_the_verdict_on_no_frame_passes_in_either_direction(protocol: Protocol) -> None:
    node, app = Node(), Recorder()
    pair = await node.sign_in()
    async with node.serving(protocol, app) as port, dial(port, token=pair.auth_token) as client:
        connection = await app.opened.get()
        connection.condemn(4401, "signed_out")
        await client.send("too late")
        with pytest.raises(ConnectionError):
            await connection.send({"type": "websocket.send", "text": "too late"})
        assert await closing(client) == (4401, "signed_out")
    assert app.messages == [(4401, "signed_out")]


async def test_an_app_that_only_sends_is_ended_quietly(protocol: Protocol, caplog: pytest.LogCaptureFixture) -> None:
    node = Node()
    pair = await node.sign_in()
    ended = asyncio.Event()

    async def ticker(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        try:
            while True:
                await send({"type": "websocket.send", "text": "tick"})
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    async with node.serving(protocol, ticker) as port, dial(port, token=pair.auth_token) as client:
        await node.sessions.end(pair.session_id)
        assert await closing(client) == (4401, "signed_out")
        await ended.wait()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_an_app_of_several_tasks_is_ended_quietly(protocol: Protocol, caplog: pytest.LogCaptureFixture) -> None:
    node = Node()
    pair = await node.sign_in()

    async def two_tasks(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()

        async def tick() -> None:
            while True:
                await websocket.send_text("tick")
                await asyncio.sleep(0.01)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(tick())
            tasks.create_task(websocket.receive_text())

    async with node.serving(protocol, two_tasks) as port, dial(port, token=pair.auth_token) as client:
        await node.sessions.end(pair.session_id)
        assert await closing(client) == (4401, "signed_out")
        await until(lambda: not len(node.connections))
    assert caplog.records == []


async def test_the_app_may_close_with_a_code_of_its_own(protocol: Protocol) -> None:
    node = Node()
    pair = await node.sign_in()

    async def closing_app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        scope["latchstring"].close(4000, "x" * 200)
        scope["latchstring"].close(4999, "the first verdict stands")

    async with node.serving(protocol, closing_app) as port, dial(port, token=pair.auth_token) as client:
        assert await closing(client) == (4000, "x" * 123)


async def test_an_app_that_fails_closes_with_1011(protocol: Protocol, caplog: pytest.LogCaptureFixture) -> None:
    node = Node()
    pair = await node.sign_in()

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise ZeroDivisionError

    async with node.serving(protocol, failing) as port, dial(port, token=pair.auth_token) as client:
        assert await closing(client) == (1011, "internal error")
    assert "ZeroDivisionError" in caplog.text


async def test_a_frame_over_the_limit_closes_with_1009_and_one_at_the_limit_passes(protocol: Protocol) -> None:
    node, app = Node(limits=Limits(frame_bytes=1000)), Recorder()
    pair = await node.sign_in()
    async with node.serving(protocol, app) as port, dial(port, token=pair.auth_token) as client:
        await client.send("é" * 500)
        await client.send(b"x" * 1000)
        await client.send("é" * 501)
        assert (await closing(client))[0] == 1009
        await app.ended.wait()
    assert app.messages == ["é" * 500, b"x" * 1000, (1009, "frame too big")]


async def test_a_flood_closes_with_1008_and_a_burst_passes(protocol: Protocol) -> None:
    node, app = Node(limits=Limits(frames_per_second=0.001, burst=20)), Recorder()
    pair = await node.sign_in()
    async with node.serving(protocol, app) as port, dial(port, token=pair.auth_token) as client:
        for number in range(20 + LEEWAY + 1):
            await client.send(str(number))
        assert (await closing(client))[0] == 1008
        await app.ended.wait()
    assert app.messages == [*map(str, range(20 + LEEWAY)), (1008, "too many frames")]


def test_the_limits_are_the_contracts() -> None:
    limits = Limits()
    assert (limits.frame_bytes, limits.frames_per_second, limits.burst) == (262_144, 50, 200)


async def test_a_client_that_does_not_read_is_closed_with_1013(protocol: Protocol) -> None:
    node = Node(limits=Limits(send_seconds=0.1, close_seconds=0.1))
    pair = await node.sign_in()
    async with (
        node.serving(protocol, flood_out) as port,
        dial(port, token=pair.auth_token, max_queue=1, ping_interval=None) as stuck,
    ):
        await stuck.send("flood")
        (connection,) = node.connections
        await until(connection.does_not_read)
        await node.sweep.sweep()
        assert await connection.receive() == {
            "type": "websocket.disconnect",
            "code": 1013,
            "reason": "what was sent is not being read",
        }
        await until(lambda: not len(node.connections))
        assert (await closing(stuck))[0] == 1006


async def test_who_does_not_read_is_cut_off_behind_a_middleware_that_wraps_what_is_sent_too(protocol: Protocol) -> None:
    """Starlette's own does. A socket that stayed open would be deaf: its client would never know what it missed."""
    node = Node(limits=Limits(send_seconds=0.1, close_seconds=0.1))
    pair = await node.sign_in()
    app = Starlette(routes=[WebSocketRoute("/", LiveGuard(flood_out, node.admission))])
    async with (
        node.watching(),
        served(app, protocol) as port,
        dial(port, token=pair.auth_token, max_queue=1, ping_interval=None) as stuck,
    ):
        await stuck.send("flood")
        (connection,) = node.connections
        await until(connection.does_not_read)
        await node.sweep.sweep()
        await until(lambda: not len(node.connections))
        assert (await closing(stuck))[0] == 1006


async def test_a_node_that_drains_closes_all_with_1012(protocol: Protocol) -> None:
    node = Node()
    pairs = [await node.sign_in(name) for name in ("anna", "bert")]
    async with node.serving(protocol) as port:
        clients = [await dial(port, token=pair.auth_token) for pair in pairs]
        await node.connections.drain()
        assert [(await closing(each))[0] for each in clients] == [1012, 1012]


async def test_a_socket_that_its_client_left_is_forgotten(protocol: Protocol) -> None:
    node, app = Node(), Recorder()
    pair = await node.sign_in()
    async with node.serving(protocol, app) as port:
        async with dial(port, token=pair.auth_token):
            connection = await app.opened.get()
        await app.ended.wait()
        connection.close(4401, "signed_out")
        assert not connection.condemned
        await until(lambda: not len(node.connections))
    assert app.messages == [(1000, "")]


async def test_a_socket_that_is_over_is_not_held_by_the_scope_that_its_server_keeps(protocol: Protocol) -> None:
    node, scopes = Node(), list[Scope]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] == "websocket.receive":
            pass

    pair = await node.sign_in()
    async with node.serving(protocol, app) as port, dial(port, token=pair.auth_token) as client:
        await node.sessions.end(pair.session_id)
        assert (await closing(client))[0] == 4401
        await until(lambda: not scopes[0].keys() & {"latchstring", "latchstring.door"})
