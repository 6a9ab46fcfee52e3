"""Who may open a socket: refused before it is accepted, by a real server."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from latchstring.errors import InvalidAuthToken
from latchstring.live.handshake import TOKEN_PROTOCOL, Handshake, decide_origin, read_handshake, strip_tokens
from latchstring.settings import Settings
from tests.live.node import OURS, PROTOCOLS, Node, Protocol, closing, dial, until

pytestmark = pytest.mark.anyio

ELSEWHERE = "https://elsewhere.example"
FRIEND = "https://friend.example"


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def node() -> Node:
    settings = Settings(feed_poll_seconds=0.05, feed_silence_seconds=30, allowed_origins=(FRIEND,))
    return Node(settings=settings)


@pytest.fixture
async def port(node: Node, protocol: Protocol) -> AsyncIterator[int]:
    async with node.serving(protocol) as port:
        yield port


def encoded(token: str, *, url: bool = True) -> str:
    encode = base64.urlsafe_b64encode if url else base64.b64encode
    return TOKEN_PROTOCOL + encode(token.encode()).decode().rstrip("=")


async def refusal(port: int, **options: Any) -> int:
    """The status of a handshake that must fail; an open socket fails the test."""
    with pytest.raises(InvalidStatus) as refused:
        async with dial(port, **options):
            pass
    return refused.value.response.status_code


@pytest.mark.parametrize(
    ("origins", "answer"),
    [
        pytest.param([], True, id="absent"),
        pytest.param([OURS], True, id="ours"),
        pytest.param([FRIEND], True, id="on the list"),
        pytest.param([ELSEWHERE], False, id="another"),
        pytest.param(["null"], False, id="null"),
        pytest.param([""], False, id="empty"),
        pytest.param([OURS, OURS], False, id="several"),
        pytest.param([OURS + ".evil.example"], False, id="ours as a prefix"),
        pytest.param(["http://localhost:8001"], False, id="another port"),
        pytest.param(["https://localhost:8000"], False, id="another scheme"),
        pytest.param(["https://sub.friend.example"], False, id="a subdomain"),
        pytest.param([FRIEND + "/"], False, id="more than an origin"),
    ],
)
def test_the_truth_table_of_origins(origins: Sequence[str], answer: bool) -> None:
    assert decide_origin(origins, [OURS, FRIEND]) is answer


def scope_of(query: bytes = b"", protocols: Sequence[str] = (), headers: Sequence[tuple[bytes, bytes]] = ()) -> Any:
    offered = [(b"sec-websocket-protocol", ", ".join(protocols).encode())] if protocols else []
    return {"query_string": query, "subprotocols": list(protocols), "headers": [*headers, *offered]}


BEARER = (b"authorization", b"Bearer a.b.c")


@pytest.mark.parametrize(
    "scope",
    [
        pytest.param(scope_of(), id="none"),
        pytest.param(scope_of(b"token="), id="empty"),
        pytest.param(scope_of(b"token=a&token=b"), id="two in the query"),
        pytest.param(scope_of(b"token=a&%74oken=b"), id="two, one of them disguised"),
        pytest.param(scope_of(b"token=a.b.c", headers=[BEARER]), id="query and header"),
        pytest.param(scope_of(b"token=a.b.c", [encoded("a.b.c"), "phoenix"]), id="query and subprotocol"),
        pytest.param(scope_of(protocols=[encoded("a"), encoded("b"), "phoenix"]), id="two subprotocols"),
        pytest.param(scope_of(headers=[BEARER, BEARER]), id="two headers"),
        pytest.param(scope_of(headers=[(b"authorization", b"Basic YTpi")]), id="another scheme"),
        pytest.param(scope_of(headers=[(b"authorization", b"Bearer a b")]), id="no token"),
        pytest.param(scope_of(protocols=[TOKEN_PROTOCOL, "phoenix"]), id="nothing after the prefix"),
        pytest.param(scope_of(protocols=[TOKEN_PROTOCOL + "a", "phoenix"]), id="no base64: length"),
        pytest.param(scope_of(protocols=[TOKEN_PROTOCOL + "YQ==", "phoenix"]), id="padding"),
        pytest.param(scope_of(protocols=[TOKEN_PROTOCOL + "Y!Q", "phoenix"]), id="no base64: alphabet"),
        pytest.param(scope_of(protocols=[TOKEN_PROTOCOL + "_w", "phoenix"]), id="not ASCII"),
    ],
)
def test_no_token_several_tokens_and_malformed_ones_are_refused(scope: Any) -> None:
    with pytest.raises(InvalidAuthToken):
        read_handshake(scope)


def test_a_subprotocol_token_may_be_in_either_alphabet() -> None:
    token = "a.~~~.???"
    assert encoded(token) != encoded(token, url=False)
    for each in (encoded(token), encoded(token, url=False)):
        assert read_handshake(scope_of(protocols=[each, "phoenix"])) == Handshake((), token, "phoenix")


def test_every_token_is_taken_out_of_the_scope_in_place_and_the_rest_stays() -> None:
    headers = [BEARER, (b"host", b"localhost")]
    scope = scope_of(b"vsn=2.0.0&token=secret&x=%20&%74oken=secret", [encoded("secret"), "phoenix"], headers)
    strip_tokens(scope)
    assert scope == scope_of(b"vsn=2.0.0&x=%20", ["phoenix"], [(b"host", b"localhost")])


def test_the_token_is_in_no_repr() -> None:
    assert "secret" not in repr(read_handshake(scope_of(b"token=secret")))


async def test_a_token_in_the_query_opens_the_socket(node: Node, port: int) -> None:
    pair = await node.sign_in()
    async with dial(port, token=pair.auth_token) as client:
        await client.send("hello")
        assert await client.recv() == "anna: hello"
        assert len(node.connections) == 1


@pytest.mark.parametrize("url", [True, False])
async def test_a_token_beside_phoenix_opens_the_socket_and_phoenix_is_chosen(node: Node, port: int, url: bool) -> None:
    pair = await node.sign_in()
    protocols = ["phoenix", encoded(pair.auth_token, url=url)]
    async with dial(port, subprotocols=protocols, origin=OURS) as client:
        assert client.subprotocol == "phoenix"
        await client.send("hello")
        assert await client.recv() == "anna: hello"


async def test_a_native_client_may_send_a_bearer(node: Node, port: int) -> None:
    pair = await node.sign_in()
    async with dial(port, additional_headers={"Authorization": f"Bearer {pair.auth_token}"}) as client:
        assert client.subprotocol is None


async def test_the_app_may_choose_another_of_the_offered_subprotocols(node: Node, protocol: Protocol) -> None:
    seen: list[Any] = []

    async def choosing(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["subprotocols"])
        await send({"type": "websocket.accept", "subprotocol": "mine"})
        await receive()

    pair = await node.sign_in()
    async with node.serving(protocol, choosing) as port:
        protocols = ["phoenix", encoded(pair.auth_token), "mine"]
        async with dial(port, subprotocols=protocols) as client:
            assert client.subprotocol == "mine"
    assert seen == [["phoenix", "mine"]]


async def test_a_handshake_without_a_live_token_is_refused_before_it_is_accepted(node: Node, port: int) -> None:
    pair = await node.sign_in()
    head, body, tag = pair.auth_token.split(".")
    forged = f"{head}.{body}.{tag[::-1]}"
    for token in (None, "", "undefined", "null", "%00", "a.b.c", forged, pair.refresh_token):
        assert await refusal(port, token=token) == 403
    assert len(node.connections) == 0


async def test_an_expired_token_is_refused(node: Node, port: int) -> None:
    pair = await node.sign_in()
    node.clock.advance(seconds=1802)
    assert await refusal(port, token=pair.auth_token) == 403


async def test_a_token_of_an_ended_session_is_refused(node: Node, port: int) -> None:
    pair = await node.sign_in()
    await node.sessions.end(pair.session_id)
    assert await refusal(port, token=pair.auth_token) == 403


async def test_a_good_token_from_another_origin_is_refused(node: Node, port: int) -> None:
    pair = await node.sign_in()
    for origin in (ELSEWHERE, "null", OURS + ".evil.example"):
        assert await refusal(port, token=pair.auth_token, origin=origin) == 403
    for origin in (OURS, FRIEND):
        async with dial(port, token=pair.auth_token, origin=origin):
            pass


async def test_an_allowed_origin_alone_opens_nothing(port: int) -> None:
    assert await refusal(port, origin=OURS) == 403


async def test_a_forged_token_costs_no_look_into_the_store(node: Node, port: int) -> None:
    node.store.down = True
    assert await refusal(port, token="a.b.c") == 403


async def test_a_store_that_is_down_refuses_with_503_and_says_when_to_come_again(node: Node, port: int) -> None:
    pair = await node.sign_in()
    node.store.down = True
    with pytest.raises(InvalidStatus) as refused:
        async with dial(port, token=pair.auth_token):
            pass
    response = refused.value.response
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert b'"unavailable"' in (response.body or b"")
    assert len(node.connections) == 0


async def test_a_node_whose_feed_is_silent_refuses_with_503_and_closes_nothing(node: Node, port: int) -> None:
    pair = await node.sign_in()
    async with dial(port, token=pair.auth_token) as client:
        node.store.down = True
        node.monotonic.advance(seconds=31)
        assert await refusal(port, token=pair.auth_token) == 503
        await client.send("still here")
        assert await client.recv() == "anna: still here"
        node.store.down = False
        reads = node.store.feed_reads
        await until(lambda: node.store.feed_reads > reads)
        async with dial(port, token=pair.auth_token):
            pass


async def test_a_connection_that_loses_the_race_with_a_sign_out_never_stays_open(node: Node, port: int) -> None:
    """Two hundred times, the end a little later each time: refused, or opened and then closed; never left open."""

    async def end(session_id: str, turns: int) -> None:
        while turns and not len(node.connections):
            turns -= 1
            await asyncio.sleep(0)
        await node.sessions.end(session_id)

    async def outcome(turns: int) -> int:
        pair = await node.sign_in()
        ending = asyncio.create_task(end(pair.session_id, turns))
        try:
            async with dial(port, token=pair.auth_token) as client:
                await ending
                return (await closing(client))[0]
        except InvalidStatus as refused:
            await ending
            return refused.response.status_code

    outcomes = [await outcome(turns) for turns in (*range(199), 10**9)]
    assert set(outcomes) == {403, 4401}
    assert list(node.connections) == []


async def test_a_session_that_ends_between_authentication_and_registration_does_not_get_in(
    node: Node, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window itself: the deny-set learns of the end after `authenticate` has looked, and before the socket is
    registered, so that the watcher finds nothing to close."""
    pair = await node.sign_in()
    authenticate = node.sessions.authenticate

    async def overtaken(token: str | bytes) -> Any:
        signed_in = await authenticate(token)
        node.deny_set.add(pair.session_id, "signed_out_elsewhere")
        assert node.connections.close_session(pair.session_id, 4401, "signed_out_elsewhere") == 0
        return signed_in

    monkeypatch.setattr(node.sessions, "authenticate", overtaken)
    assert await refusal(port, token=pair.auth_token) == 403
    assert len(node.connections) == 0


async def test_a_session_that_ends_before_the_app_accepts_is_refused_after_all(node: Node, protocol: Protocol) -> None:
    pair = await node.sign_in()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await node.sessions.end(pair.session_id)
        await until(lambda: scope["latchstring"].condemned)
        await send({"type": "websocket.accept"})

    async with node.serving(protocol, slow) as port:
        assert await refusal(port, token=pair.auth_token) == 403
