"""The socket's connection: how it is opened, kept, lost and found again."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page

from tests.browser_modules.conftest import OpenTab
from tests.browser_modules.wire_double import Peer, WireDouble, says

pytestmark = pytest.mark.anyio

SIGN_IN = "session.signIn({email: 'ann', password: 'right', rememberMe: true})"


@pytest.fixture
async def ann(tab: Page) -> Page:
    """A tab in which Ann is signed in, alone, with time in the test's hands and a socket that is not yet connected."""
    await tab.evaluate(
        f"async () => {{ begin({{turned: true, alone: true}}); await {SIGN_IN}; beginSocket(); told.length = 0 }}"
    )
    return tab


async def connected(tab: Page, wire: WireDouble) -> Peer:
    number = len(wire.peers)
    await tab.evaluate("socket.connect()")
    return await next_peer(tab, wire, number)


async def next_peer(tab: Page, wire: WireDouble, number: int) -> Peer:
    await wire.until(lambda: len(wire.peers) > number)
    await tab.wait_for_function("socket.state === 'open'")
    return wire.peers[number]


async def waiting(tab: Page) -> None:
    await tab.wait_for_function("socket.state === 'waiting'")


# Opening


async def test_the_token_travels_in_a_header_and_never_in_the_address(ann: Page, wire: WireDouble) -> None:
    peer = await connected(ann, wire)
    assert peer.token == await ann.evaluate("session.token()")
    assert wire.handshakes == [wire.url.replace("http", "ws") + "/socket/websocket?vsn=2.0.0"]
    assert await ann.evaluate("states") == ["connecting", "open"]


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("/socket", "ws://{host}/socket/websocket?vsn=2.0.0"),
        ("/socket/", "ws://{host}/socket/websocket?vsn=2.0.0"),
        ("/socket/websocket", "ws://{host}/socket/websocket?vsn=2.0.0"),
        ("https://api.example/s?a=b#c", "wss://api.example/s/websocket?a=b&vsn=2.0.0"),
        ("wss://api.example/s?token=secret", "wss://api.example/s/websocket?vsn=2.0.0"),
    ],
)
async def test_an_address_is_understood_as_phoenix_clients_do(deciding: Page, url: str, address: str) -> None:
    seen = await deciding.evaluate(
        """url => new Promise((resolve) => createSocket({
            url,
            session: {epoch: 0, on: () => {}, token: async () => "a?>.b", state: {}},
            WebSocket: class { constructor(address, protocols) { resolve([address, protocols, location.host]); } },
        }).connect())""",
        url,
    )
    assert seen[0] == address.replace("{host}", seen[2])
    assert seen[1] == ["phoenix", "base64url.bearer.phx.YT8-LmI"]


async def test_a_guest_has_no_socket_until_somebody_signs_in(tab: Page, wire: WireDouble) -> None:
    await tab.evaluate("begin(), beginSocket(), socket.connect()")
    await tab.wait_for_function("socket.state === 'stopped' && session.state.status === 'signed_out'")
    assert wire.handshakes == []
    await tab.evaluate(SIGN_IN)
    await next_peer(tab, wire, 0)


async def test_connecting_twice_connects_once(ann: Page, wire: WireDouble) -> None:
    await ann.evaluate("socket.connect(), socket.connect()")
    await next_peer(ann, wire, 0)
    await ann.evaluate("socket.connect()")
    assert len(wire.handshakes) == 1


async def test_each_connect_shows_a_fresh_token(ann: Page, wire: WireDouble) -> None:
    first = await connected(ann, wire)
    await ann.evaluate("clock.wallTime += 3600 * 1000")
    await first.close(1011)
    await waiting(ann)
    await ann.evaluate("clock.pass(500)")
    second = await next_peer(ann, wire, 1)
    assert first.token != second.token == await ann.evaluate("session.token()")


async def test_a_connection_that_does_not_open_in_time_is_given_up(ann: Page, wire: WireDouble) -> None:
    dead = "class { constructor() { this.readyState = 0 } close() {} }"
    await ann.evaluate(f"socket.close(), beginSocket({{WebSocket: {dead}}}), socket.connect()")
    await ann.wait_for_function("clock.waits().includes(10_000)")
    await ann.evaluate("clock.pass(10_000)")
    await waiting(ann)


# Keeping


async def test_a_heartbeat_goes_out_every_thirty_seconds(ann: Page, wire: WireDouble) -> None:
    peer = await connected(ann, wire)
    for beats in (1, 2, 3):
        await ann.evaluate("clock.pass(30_000)")
        await wire.until(lambda beats=beats: len(peer.sent("heartbeat")) == beats)  # type: ignore[misc]
        await ann.wait_for_function("clock.waits().includes(30_000)")
    assert peer.frames[0][0] is None
    assert peer.frames[0][2:] == ["phoenix", "heartbeat", {}]


async def test_a_heartbeat_that_is_not_answered_ends_the_connection(ann: Page, wire: WireDouble) -> None:
    await connected(ann, wire)
    wire.silent_events.add("heartbeat")
    await ann.evaluate("clock.pass(39_999)")
    assert await ann.evaluate("socket.state") == "open"
    await ann.evaluate("clock.pass(1)")
    await waiting(ann)
    await ann.evaluate("clock.pass(500)")
    await next_peer(ann, wire, 1)


@pytest.mark.parametrize("event", ["visibilitychange", "pageshow", "online", "offline"])
async def test_a_waker_asks_at_once_whether_the_server_is_still_there(ann: Page, wire: WireDouble, event: str) -> None:
    peer = await connected(ann, wire)
    await ann.evaluate("event => wakeups.dispatchEvent(new Event(event))", event)
    await wire.until(lambda: len(peer.sent("heartbeat")) == 1)


# Losing, and finding again

CODES: list[tuple[int, bool, bool, dict[str, Any]]] = [
    (4401, True, False, {"then": "end", "atLeast": 0, "spread": 0}),
    (4408, True, False, {"then": "renew", "atLeast": 0, "spread": 0}),
    (1012, True, False, {"then": "reconnect", "atLeast": 0, "spread": 10_000}),
    (1008, True, False, {"then": "reconnect", "atLeast": 5_000, "spread": 0}),
    (1013, True, False, {"then": "reconnect", "atLeast": 1_000, "spread": 0}),
    *[(code, True, False, {"then": "reconnect", "atLeast": 0, "spread": 0}) for code in (1000, 1001, 1006, 1009, 1011)],
    (3999, True, True, {"then": "reconnect", "atLeast": 0, "spread": 0}),
    (1006, False, False, {"then": "renew", "atLeast": 0, "spread": 0}),
    (1006, False, True, {"then": "reconnect", "atLeast": 0, "spread": 0}),
]


@pytest.mark.parametrize(("code", "opened", "renewed", "after"), CODES)
async def test_every_close_has_its_answer(
    deciding: Page, code: int, opened: bool, renewed: bool, after: dict[str, Any]
) -> None:
    close = {"code": code, "opened": opened, "renewed": renewed}
    assert await deciding.evaluate("close => decideAfterClose(close)", close) == after


async def test_4401_stops_for_good_and_says_why(ann: Page, wire: WireDouble) -> None:
    peer = await connected(ann, wire)
    await peer.close(4401, "signed_out_elsewhere")
    await ann.wait_for_function("socket.state === 'stopped'")
    assert await ann.evaluate("told.filter(([event]) => event === 'ended')") == [
        ["ended", {"reason": "signed_out_elsewhere"}]
    ]
    await ann.evaluate("clock.pass(120_000), wakeups.dispatchEvent(new Event('online')), clock.pass(120_000)")
    assert len(wire.handshakes) == 1
    assert wire.count("/auth/refresh") == 0


async def test_4401_in_one_tab_is_heard_in_all(open_tab: OpenTab, wire: WireDouble) -> None:
    first, second = await open_tab(), await open_tab()
    for tab in (first, second):
        await tab.evaluate("begin(), void beginSocket()")
    await first.evaluate(SIGN_IN)
    peer = await connected(first, wire)
    await second.wait_for_function("session.state.status === 'signed_in'")
    await peer.close(4401, "password_changed")
    await second.wait_for_function("session.state.endedReason === 'password_changed'")


async def test_4408_renews_and_comes_back_with_the_new_token(ann: Page, wire: WireDouble) -> None:
    first = await connected(ann, wire)
    await first.close(4408, "lease_lapsed")
    await wire.until(lambda: wire.count("/auth/refresh") == 1)
    await ann.wait_for_function("clock.waits().includes(500)")
    await ann.evaluate("clock.pass(500)")
    second = await next_peer(ann, wire, 1)
    assert second.token != first.token


async def test_1012_comes_back_spread_out_whoever_wakes_it(ann: Page, wire: WireDouble) -> None:
    peer = await connected(ann, wire)
    await peer.close(1012)
    await waiting(ann)
    await ann.evaluate("wakeups.dispatchEvent(new Event('visibilitychange')), clock.pass(5_499)")
    assert await ann.evaluate("socket.state") == "waiting"
    await ann.evaluate("clock.pass(1)")
    await next_peer(ann, wire, 1)


async def test_the_back_off_grows_and_is_capped_while_connections_do_not_last(ann: Page, wire: WireDouble) -> None:
    """A server that accepts and closes at once is not called every second for ever."""
    await connected(ann, wire)
    for number, wait in enumerate([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]):
        await wire.peers[number].close(1011)
        await waiting(ann)
        assert wait in await ann.evaluate("clock.waits()")
        await ann.evaluate("wait => clock.pass(wait)", wait)
        await next_peer(ann, wire, number + 1)


async def test_the_back_off_is_forgotten_after_a_connection_that_lasted(ann: Page, wire: WireDouble) -> None:
    await connected(ann, wire)
    for number, (lasted, wait) in enumerate([(0, 500), (9_999, 1_000), (10_000, 500)]):
        await ann.evaluate("lasted => clock.pass(lasted)", lasted)
        await wire.peers[number].close(1011)
        await waiting(ann)
        await ann.evaluate("wait => clock.pass(wait - 1)", wait)
        assert await ann.evaluate("socket.state") == "waiting"
        await ann.evaluate("clock.pass(1)")
        await next_peer(ann, wire, number + 1)


async def test_a_refused_handshake_renews_once_and_never_resets_the_back_off(ann: Page, wire: WireDouble) -> None:
    wire.refusing = True
    await ann.evaluate("socket.connect()")
    for tries, wait in enumerate([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000], start=1):
        await wire.until(lambda tries=tries: len(wire.handshakes) == tries)  # type: ignore[misc]
        await ann.wait_for_function("wait => socket.state === 'waiting' && clock.waits().includes(wait)", arg=wait)
        await ann.evaluate("wait => clock.pass(wait)", wait)
    assert wire.count("/auth/refresh") == 1
    wire.refusing = False
    await ann.wait_for_function("socket.state !== 'connecting'")
    await ann.evaluate("clock.pass(15_000)")
    peer = await next_peer(ann, wire, 0)
    assert peer.token == await ann.evaluate("session.token()")


async def test_a_refused_handshake_whose_renewal_finds_the_session_ended_stops(ann: Page, wire: WireDouble) -> None:
    wire.end("idle")
    await ann.evaluate("socket.connect()")
    await ann.wait_for_function("socket.state === 'stopped'")
    assert await ann.evaluate("session.state.endedReason") == "idle"
    assert len(wire.handshakes) == 1


async def test_no_token_to_be_had_just_now_is_waited_for(ann: Page, wire: WireDouble) -> None:
    await ann.evaluate("clock.wallTime += 3600 * 1000")
    wire.script("/auth/refresh", says(503, "unavailable"))
    await ann.evaluate("socket.connect()")
    await waiting(ann)
    assert wire.handshakes == []
    await ann.evaluate("wakeups.dispatchEvent(new Event('online'))")
    await next_peer(ann, wire, 0)


async def test_online_comes_back_at_once(ann: Page, wire: WireDouble) -> None:
    peer = await connected(ann, wire)
    await peer.close(1001)
    await waiting(ann)
    await ann.evaluate("wakeups.dispatchEvent(new Event('online'))")
    await next_peer(ann, wire, 1)


async def test_a_network_that_is_gone_is_waited_for(ann: Page, wire: WireDouble, context: BrowserContext) -> None:
    await context.set_offline(True)
    await ann.evaluate("socket.connect()")
    await ann.wait_for_function("socket.state === 'waiting' && told.some(([event]) => event === 'try_later')")
    await context.set_offline(False)
    await ann.evaluate("wakeups.dispatchEvent(new Event('online'))")
    await next_peer(ann, wire, 0)
    assert await ann.evaluate("session.state.status") == "signed_in"


async def test_disconnecting_is_for_good(ann: Page, wire: WireDouble) -> None:
    peer = await connected(ann, wire)
    await ann.evaluate("socket.disconnect()")
    await wire.until(lambda: peer.closed)
    await ann.evaluate("wakeups.dispatchEvent(new Event('online')), clock.pass(60_000)")
    assert await ann.evaluate("states") == ["connecting", "open", "stopped"]
    assert len(wire.handshakes) == 1
    await connected(ann, wire)


async def test_signing_out_ends_the_connection(ann: Page, wire: WireDouble) -> None:
    peer = await connected(ann, wire)
    await ann.evaluate("session.signOut()")
    await wire.until(lambda: peer.closed)
    assert await ann.evaluate("socket.state") == "stopped"


@pytest.mark.parametrize("who", ["ann", "bob"])
async def test_signing_in_anew_connects_anew(ann: Page, wire: WireDouble, who: str) -> None:
    """Whether the old connection is closed first, with 4401, or the new session is there first."""
    first = await connected(ann, wire)
    entering = asyncio.ensure_future(ann.evaluate("email => session.signIn({email, password: 'right'})", who))
    await wire.until(lambda: wire.count("/auth/login") == 2)
    if not first.closed:
        await first.close(4401, "signed_out")
    await entering
    await wire.until(lambda: len(wire.peers) == 2)
    assert wire.peers[1].token == await ann.evaluate("session.token()")
    assert await ann.evaluate("told.some(([event]) => event === 'ended')") is False
