"""The garbage collector stops a node, so it is given little to do."""

import gc
import weakref
from collections.abc import Iterator

import anyio
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from chat.collecting import WALK_SECONDS, Collecting
from chat.http_connection import HttpConnection
from chat.listening import listen

pytestmark = pytest.mark.anyio


@pytest.fixture
def collector_as_it_was() -> Iterator[None]:
    thresholds, callbacks = gc.get_threshold(), tuple(gc.callbacks)
    yield
    gc.callbacks[:] = callbacks
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


class Knot:
    """Refers to itself, so that a collection alone ends it."""

    def __init__(self) -> None:
        self.itself = self


def put_aside(generation: int = 2) -> "weakref.ref[Knot]":
    """One that lived through a collection, and is garbage since."""
    knot = Knot()
    gc.collect(generation)
    return weakref.ref(knot)


def test_what_start_up_made_is_walked_no_more(collector_as_it_was: None) -> None:
    Collecting().begin()
    assert gc.get_freeze_count() > 10_000


@pytest.mark.parametrize("generation", [1, 2])
def test_what_lived_through_a_collection_is_put_aside_and_garbage_that_is_young_is_not(
    collector_as_it_was: None, generation: int
) -> None:
    Collecting().begin()
    old, young = put_aside(generation), weakref.ref(Knot())
    gc.collect()
    assert (old() is None, young() is None) == (False, True)


def test_what_lived_through_a_collection_of_the_young_alone_is_not_put_aside_yet(collector_as_it_was: None) -> None:
    Collecting().begin()
    once = put_aside(generation=0)
    gc.collect()
    assert once() is None


@pytest.mark.parametrize(
    ("grows", "seconds", "is_walked"),
    [(True, WALK_SECONDS + 1, True), (False, WALK_SECONDS + 1, False), (True, WALK_SECONDS - 1, False)],
)
def test_what_was_put_aside_is_walked_when_it_has_doubled_and_an_hour_is_over(
    collector_as_it_was: None, grows: bool, seconds: float, is_walked: bool
) -> None:
    now = [0.0]
    Collecting(lambda: now[0]).begin()
    old = put_aside()
    kept: list[object] = [[] for _ in range(gc.get_freeze_count() + 1000)] if grows else []
    now[0] = seconds
    gc.collect()
    gc.collect()
    assert (old() is None) == is_walked
    del kept


def test_nothing_is_put_aside_again_before_it_was_walked(collector_as_it_was: None) -> None:
    now = [0.0]
    Collecting(lambda: now[0]).begin()
    old = put_aside()
    kept: list[object] = [[] for _ in range(gc.get_freeze_count() + 1000)]
    now[0] = WALK_SECONDS + 1
    gc.collect()
    gc.collect(1)
    gc.collect()
    assert old() is None
    del kept


def test_after_such_a_walk_the_next_is_an_hour_later(collector_as_it_was: None) -> None:
    now = [0.0]
    Collecting(lambda: now[0]).begin()
    kept: list[object] = [[] for _ in range(gc.get_freeze_count() + 1000)]
    now[0] = WALK_SECONDS + 1
    gc.collect()
    gc.collect()
    old = put_aside()
    kept += [[] for _ in range(gc.get_freeze_count() + 1000)]
    gc.collect()
    gc.collect()
    assert old() is not None


def test_who_only_makes_new_objects_has_the_garbage_walked_that_was_put_aside(collector_as_it_was: None) -> None:
    # Nobody calls the collector in a node.
    now = [0.0]
    Collecting(lambda: now[0]).begin()
    old = put_aside(generation=1)
    kept: list[object] = [[] for _ in range(gc.get_freeze_count() + 10_000)]
    assert old() is not None
    now[0] = WALK_SECONDS + 1
    while old() is not None and len(kept) < 5_000_000:
        kept.append([])
    assert old() is None
    del kept


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
