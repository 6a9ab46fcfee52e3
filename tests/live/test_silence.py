"""On a node that cannot know who was signed out, no socket hears on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from latchstring.live import LiveGuard, Silence
from tests.live.node import Node, closing, dial, served
from tests.live.test_closing import Recorder

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def listening(node: Node) -> AsyncIterator[None]:
    loop = asyncio.create_task(Silence(node.deny_set, node.connections, settings=node.settings).run())
    try:
        yield
    finally:
        loop.cancel()


async def test_when_the_feed_falls_silent_every_socket_is_closed_with_1011(caplog: pytest.LogCaptureFixture) -> None:
    node, app = Node(), Recorder()
    node.deny_set.heard()
    async with served(LiveGuard(app, node.admission), "websockets-sansio") as port:
        sockets = [await dial(port, token=(await node.sign_in(who)).auth_token) for who in ("anna", "bert")]
        for _ in sockets:
            await app.opened.get()
        node.monotonic.advance(milliseconds=round(1000 * node.settings.feed_silence_seconds))
        async with listening(node):
            await asyncio.sleep(3 * node.settings.feed_poll_seconds)
            assert len(node.connections) == 2
            node.monotonic.advance(milliseconds=1)
            for socket in sockets:
                assert await closing(socket) == (1011, "this node cannot know who is signed in")
    assert [record.getMessage() for record in caplog.records if record.name == "latchstring.live"] == [
        "the revocation feed is silent: 2 sockets are closed"
    ]
