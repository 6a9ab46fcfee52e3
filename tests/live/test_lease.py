"""Every interaction is authorised, and a socket lapses a minute after the newest auth token of its session."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection

from latchstring.errors import InvalidAuthToken, Unavailable
from latchstring.issuing import TokenPair
from latchstring.live import Connection
from tests.live.node import Node, closing, dial

pytestmark = pytest.mark.anyio


@dataclass
class Open:
    """One open socket, from both ends."""

    node: Node
    pair: TokenPair
    client: ClientConnection
    connection: Connection


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    node = Node()
    pair = await node.sign_in()
    async with node.serving("wsproto") as port, dial(port, token=pair.auth_token) as client:
        yield Open(node, pair, client, next(iter(node.connections)))


async def is_open(client: ClientConnection) -> bool:
    await client.send("?")
    return bool(await client.recv() == "anna: ?")


async def test_a_socket_closes_with_4408_a_minute_after_the_newest_token_can_have_ended(opened: Open) -> None:
    # Its own token's life, the window in which a repeat mints another, and the minute.
    opened.node.clock.advance(seconds=1800 + 10 + 60)
    await opened.node.sweep.sweep()
    assert await is_open(opened.client)
    opened.node.clock.advance(milliseconds=1)
    await opened.node.sweep.sweep()
    assert (await closing(opened.client))[0] == 4408


async def test_a_client_that_renewed_over_http_and_is_idle_keeps_its_socket(opened: Open) -> None:
    opened.node.clock.advance(seconds=1700)
    await opened.node.refresh(opened.pair)
    opened.node.clock.advance(seconds=1700)
    await opened.node.sweep.sweep()
    assert await is_open(opened.client)
    opened.node.clock.advance(seconds=171)
    await opened.node.sweep.sweep()
    assert (await closing(opened.client))[0] == 4408


async def test_a_renewal_extends_the_lease_and_what_is_authorised(opened: Open) -> None:
    node, connection = opened.node, opened.connection
    node.clock.advance(seconds=1700)
    newer = await node.refresh(opened.pair)
    renewed = await connection.renew(newer.auth_token)
    assert renewed == connection.session
    node.clock.advance(seconds=200)
    assert await connection.authorise(None) == renewed


async def test_a_store_that_is_down_when_a_lease_is_due_closes_nothing(opened: Open) -> None:
    node = opened.node
    node.store.down = True
    node.clock.advance(seconds=1860)
    await node.sweep.sweep()
    node.clock.advance(milliseconds=1)
    with pytest.raises(Unavailable):
        await node.sweep.sweep()
    assert await is_open(opened.client)


async def test_an_end_that_the_feed_did_not_tell_is_found_with_the_lease(opened: Open) -> None:
    node = opened.node
    node.store.sessions.clear()
    node.clock.advance(seconds=1861)
    await node.sweep.sweep()
    assert await closing(opened.client) == (4401, "unknown")


async def test_a_push_without_a_token_is_judged_by_the_newest_that_the_socket_has_shown(opened: Open) -> None:
    node, connection = opened.node, opened.connection
    signed_in = await connection.authorise()
    assert (signed_in.subject, signed_in.session_id) == ("anna", opened.pair.session_id)
    node.clock.now = signed_in.expires_at - 1
    assert await connection.authorise(None) == signed_in
    node.clock.now = signed_in.expires_at
    with pytest.raises(InvalidAuthToken):
        await connection.authorise(None)


async def test_a_token_that_a_push_brought_counts_for_those_after_it_and_an_older_one_takes_nothing(
    opened: Open,
) -> None:
    node, connection = opened.node, opened.connection
    node.clock.advance(seconds=1000)
    newer = await node.refresh(opened.pair)
    shown = await connection.authorise(newer.auth_token)
    assert connection.session == shown
    await connection.authorise(opened.pair.auth_token)
    assert connection.session == shown


async def test_another_users_token_an_expired_one_and_garbage_authorise_nothing(opened: Open) -> None:
    connection, foreign = opened.connection, await opened.node.sign_in("bert")
    for token in (foreign.auth_token, "", "garbage", "\ud800", opened.pair.refresh_token):
        with pytest.raises(InvalidAuthToken):
            await connection.authorise(token)
        with pytest.raises(InvalidAuthToken):
            await connection.renew(token)
    assert connection.session.subject == "anna"


async def test_a_token_of_the_same_users_other_session_authorises_a_push_but_renews_nothing(opened: Open) -> None:
    opened.node.clock.advance(seconds=10)
    connection, other = opened.connection, await opened.node.sign_in("anna")
    assert (await connection.authorise(other.auth_token)).session_id == other.session_id
    with pytest.raises(InvalidAuthToken):
        await connection.renew(other.auth_token)
    assert connection.session_id == opened.pair.session_id


async def test_a_push_is_refused_from_the_moment_its_session_is_known_to_have_ended(opened: Open) -> None:
    opened.node.deny_set.add(opened.pair.session_id, "signed_out")
    for token in (None, opened.pair.auth_token):
        with pytest.raises(InvalidAuthToken):
            await opened.connection.authorise(token)


async def test_where_the_feed_is_silent_a_push_is_neither_allowed_nor_called_invalid(opened: Open) -> None:
    opened.node.store.down = True
    opened.node.monotonic.advance(seconds=31)
    for token in (None, opened.pair.auth_token):
        with pytest.raises(Unavailable):
            await opened.connection.authorise(token)


async def test_the_lease_of_ten_thousand_sockets_costs_no_read_until_one_is_due() -> None:
    """A sweep only compares; the rows of those that are due are read in small batches."""
    node = Node()
    scope: Scope = {"type": "websocket", "query_string": b"", "headers": [], "subprotocols": []}
    pairs = [await node.sign_in(str(number)) for number in range(100)]

    async def nothing(*_: object) -> None: ...

    receive: Receive = nothing  # type: ignore[assignment]
    send: Send = nothing
    async with node.watching():
        for pair in pairs:
            for _ in range(100):
                shown = {**scope, "query_string": f"token={pair.auth_token}".encode()}
                await node.admission.admit(shown, receive, send)
        assert len(node.connections) == 10_000
        node.store.down = True
        await node.sweep.sweep()
        node.store.down = False
        node.store.rows_read = 0
        node.clock.advance(seconds=1861)
        await node.sweep.sweep()
        assert node.store.rows_read == 100
        await node.sweep.sweep()
        assert node.store.rows_read == 100
