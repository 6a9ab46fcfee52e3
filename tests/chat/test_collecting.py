"""The garbage collector stops a node, so it is given little to do."""

import gc
import weakref
from collections.abc import Iterator

import anyio
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from chat.http_connection import HttpConnection
from chat.listening import listen
from chat.serve import OLDEST_GENERATION, spare_the_collector

pytestmark = pytest.mark.anyio


@pytest.fixture
def collector_as_it_was() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


def test_what_start_up_made_is_walked_no_more_and_the_rest_seldom(collector_as_it_was: None) -> None:
    young, middle, oldest = gc.get_threshold()
    spare_the_collector()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == (young, middle, OLDEST_GENERATION)
    assert oldest < OLDEST_GENERATION


async def lets_all_in(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def test_a_socket_leaves_no_cycle_of_its_handshake_behind(collector_as_it_was: None) -> None:
    made: list[weakref.ref[HttpConnection]] = []

    class Remembered(HttpConnection):
        def connection_made(self, transport: object) -> None:
            made.append(weakref.ref(self))
            super().connection_made(transport)  # type: ignore[arg-type]

    config = uvicorn.Config(lets_all_in, http=Remembered, ws="wsproto", lifespan="off", log_config=None)
    server, [listening] = uvicorn.Server(config), listen("127.0.0.1", 0)
    gc.disable()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.serve, [listening])
        with anyio.fail_after(10):
            while not server.started:  # noqa: ASYNC110
                await anyio.sleep(0.01)
        async with connect(f"ws://127.0.0.1:{listening.getsockname()[1]}/", proxy=None):
            assert [protocol() for protocol in made] == [None]
        server.should_exit = True
