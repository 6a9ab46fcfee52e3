"""Whatever a server logs, down to DEBUG: no auth token is in it."""

import asyncio
import logging
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from websockets.exceptions import InvalidStatus

from latchstring.live import LiveGuard, LiveMiddleware, admit
from latchstring.live.handshake import TOKEN_PROTOCOL
from tests.live.node import PROTOCOLS, Node, Protocol, dial, echo, served
from tests.live.test_handshake import encoded

pytestmark = pytest.mark.anyio

SERVER = {"log_level": "debug", "access_log": True}


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return request.param  # type: ignore[no-any-return]


def server_log(caplog: pytest.LogCaptureFixture) -> str:
    """Everything but what the tests' own client has logged."""
    records = [record for record in caplog.records if not record.name.startswith("websockets.client")]
    return "\n".join(f"{record.getMessage()} {record.__dict__}" for record in records)


async def copied(scope: Scope, receive: Receive, send: Send) -> None:
    """A middleware on the way that hands on a copy, and only then the guarded app."""
    copy = dict(scope)
    await admit(copy)
    for scope_of in (copy, scope):
        logging.getLogger("app").debug("%s %s", scope_of["query_string"], scope_of["headers"])
    await echo(copy, receive, send)


@pytest.mark.parametrize("guarded", ["at once", "lazily, behind a copy"])
async def test_no_token_is_in_any_log_of_the_server(
    protocol: Protocol, caplog: pytest.LogCaptureFixture, guarded: str
) -> None:
    caplog.set_level(logging.DEBUG)
    node = Node()
    pair = await node.sign_in()
    token = pair.auth_token
    app: Any = LiveGuard(echo, node.admission) if guarded == "at once" else LiveMiddleware(copied, node.admission)
    async with node.watching(), served(app, protocol, **SERVER) as port:
        async with dial(port, token=token + "&vsn=2.0.0", path="/canary") as client:
            await client.send(token)
            await client.recv()
        async with dial(port, subprotocols=["phoenix", encoded(token)]):
            pass
        async with dial(port, additional_headers={"Authorization": f"Bearer {token}"}):
            pass
        for refused in ({"token": token[:-2]}, {"token": f"{token}&token={token}"}, {"subprotocols": [encoded("x")]}):
            with pytest.raises(InvalidStatus):
                await dial(port, **refused)
        node.clock.advance(seconds=3600)
        with pytest.raises(InvalidStatus):
            await dial(port, token=token)
    log = server_log(caplog)
    assert "/canary?vsn=2.0.0" in log, "the server has logged nothing, so nothing was tested"
    for part in (*token.split("."), encoded(token).removeprefix(TOKEN_PROTOCOL)[:40], TOKEN_PROTOCOL):
        assert [line for line in log.splitlines() if part in line] == []


async def test_a_handshake_whose_upgrade_was_dropped_on_the_way_leaves_no_token_either(
    protocol: Protocol, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    node = Node()
    pair = await node.sign_in()

    async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("", 404)(scope, receive, send)

    async with served(LiveGuard(not_found, node.admission), protocol, **SERVER) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        path = f"/canary?token={pair.auth_token}&vsn=2.0.0"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert b" 404 " in await reader.read()
        writer.close()
        await writer.wait_closed()
    log = server_log(caplog)
    assert "/canary?vsn=2.0.0" in log
    assert pair.auth_token not in log


async def test_what_the_server_itself_has_to_say_is_still_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    Node()
    logging.getLogger("uvicorn.error").debug("about to listen")
    assert "about to listen" in caplog.text
