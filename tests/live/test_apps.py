"""`Depends(session)` in FastAPI and the same call in Starlette: WebSockets stay public until one asks who is there."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi import WebSocket as FastAPIWebSocket
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.exceptions import WebSocketException
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import Mount, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.exceptions import InvalidStatus

from latchstring.authenticating import SignedIn
from latchstring.errors import ConfigurationError
from latchstring.fastapi import documented
from latchstring.http.bearer import authenticate
from latchstring.http.problems import refusal_handlers
from latchstring.live import LiveGuard, LiveMiddleware, admit
from tests.live.node import PROTOCOLS, Node, Protocol, closing, dial, echo, served

pytestmark = pytest.mark.anyio

SessionDependency = Callable[[HTTPConnection], Awaitable[SignedIn]]


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return request.param  # type: ignore[no-any-return]


def session_of(node: Node) -> SessionDependency:
    async def session(connection: HTTPConnection) -> SignedIn:
        if connection.scope["type"] == "websocket":
            return (await admit(connection.scope)).session
        return await authenticate(node.sessions, connection.scope)

    return session


def fastapi_app(node: Node) -> FastAPI:
    app = FastAPI(exception_handlers=dict(refusal_handlers))
    app.add_middleware(LiveMiddleware, admission=node.admission)
    Session = Annotated[SignedIn, Depends(documented(session_of(node)))]  # noqa: N806 - a type

    @app.get("/me")
    async def me(session: Session) -> dict[str, str]:
        return {"subject": session.subject}

    @app.websocket("/private")
    async def private(websocket: FastAPIWebSocket, session: Session) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(f"{session.subject}: {text}")

    @app.websocket("/public")
    async def public(websocket: FastAPIWebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(str(websocket.query_params))
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    return app


def starlette_app(node: Node) -> Starlette:
    session = session_of(node)

    async def private(websocket: WebSocket) -> None:
        signed_in = await session(websocket)
        assert await session(websocket) == signed_in
        await websocket.accept()
        while True:
            await websocket.send_text(f"{signed_in.subject}: {await websocket.receive_text()}")

    async def late(websocket: WebSocket) -> None:
        await websocket.accept()
        await session(websocket)

    async def public(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(str(websocket.query_params))
        await websocket.send_text(await websocket.receive_text())

    routes = [
        Mount("/app", routes=[WebSocketRoute("/private", private), WebSocketRoute("/late", late)]),
        WebSocketRoute("/private", private),
        WebSocketRoute("/public", public),
        Mount("/guarded", LiveGuard(echo, node.admission)),
    ]
    return Starlette(routes=routes, middleware=[Middleware(LiveMiddleware, admission=node.admission)])


APPS = [pytest.param(fastapi_app, id="fastapi"), pytest.param(starlette_app, id="starlette")]


@pytest.mark.parametrize("make_app", APPS)
async def test_a_websocket_that_asks_for_its_session_is_guarded(
    protocol: Protocol, make_app: Callable[[Node], Any]
) -> None:
    node = Node()
    pair = await node.sign_in()
    async with node.watching(), served(make_app(node), protocol) as port:
        for token in (None, "a.b.c"):
            with pytest.raises(InvalidStatus) as refused:
                await dial(port, path="/private", token=token)
            assert refused.value.response.status_code == 403
        async with dial(port, path="/private", token=pair.auth_token) as client:
            await client.send("hello")
            assert await client.recv() == "anna: hello"
            await node.sessions.end(pair.session_id)
            assert await closing(client) == (4401, "signed_out")


@pytest.mark.parametrize("make_app", APPS)
async def test_a_public_websocket_is_left_as_it_was(protocol: Protocol, make_app: Callable[[Node], Any]) -> None:
    node = Node()
    async with (
        node.watching(),
        served(make_app(node), protocol) as port,
        dial(port, path="/public", token="theirs") as client,
    ):
        assert await client.recv() == "token=theirs"
        await client.send("x" * 300_000)
        assert await client.recv() == "x" * 300_000
    assert len(node.connections) == 0


@pytest.mark.parametrize("make_app", APPS)
async def test_where_the_store_is_down_the_answer_is_503(protocol: Protocol, make_app: Callable[[Node], Any]) -> None:
    node = Node()
    pair = await node.sign_in()
    async with node.watching(), served(make_app(node), protocol) as port:
        node.store.down = True
        with pytest.raises(InvalidStatus) as refused:
            await dial(port, path="/private", token=pair.auth_token)
        assert refused.value.response.status_code == 503


@pytest.mark.parametrize("path", ["/app/private", "/guarded/"])
async def test_a_mounted_app_is_guarded_once(protocol: Protocol, path: str) -> None:
    node = Node()
    pair = await node.sign_in()
    async with (
        node.watching(),
        served(starlette_app(node), protocol) as port,
        dial(port, path=path, token=pair.auth_token) as client,
    ):
        await client.send("hello")
        assert await client.recv() == "anna: hello"
        assert len(node.connections) == 1


async def test_a_websocket_that_was_accepted_first_is_told_to_ask_earlier(
    protocol: Protocol, caplog: pytest.LogCaptureFixture
) -> None:
    node = Node()
    pair = await node.sign_in()
    async with (
        node.watching(),
        served(starlette_app(node), protocol) as port,
        dial(port, path="/app/late", token=pair.auth_token) as client,
    ):
        await closing(client)
    assert "before the WebSocket is accepted" in caplog.text


async def test_an_app_that_handles_every_exception_itself_cannot_let_a_refused_one_in(
    protocol: Protocol, caplog: pytest.LogCaptureFixture
) -> None:
    node = Node()

    async def stubborn(websocket: WebSocket) -> None:
        try:
            await admit(websocket.scope)
        except WebSocketException:
            await websocket.accept()
            await websocket.send_text("come in anyway")

    app = Starlette(routes=[WebSocketRoute("/", stubborn)], middleware=[Middleware(LiveMiddleware, node.admission)])
    async with node.watching(), served(app, protocol) as port:
        with pytest.raises(InvalidStatus) as refused:
            await dial(port, token="a.b.c")
        assert refused.value.response.status_code == 403
    assert caplog.records == []


async def test_without_the_middleware_the_mistake_is_named() -> None:
    with pytest.raises(ConfigurationError, match="install"):
        await admit({"type": "websocket", "headers": [], "query_string": b""})


async def test_a_route_needs_a_live_bearer() -> None:
    node = Node()
    pair = await node.sign_in()
    async with node.watching():
        with TestClient(fastapi_app(node)) as client:
            refused = client.get("/me")
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert refused.json()["error"]["code"] == "invalid_token"
            answer = client.get("/me", headers={"Authorization": f"Bearer {pair.auth_token}"})
            assert answer.json() == {"subject": "anna"}


async def test_the_test_client_of_starlette_sees_refusals_and_guarded_sockets() -> None:
    node = Node()
    pair = await node.sign_in()
    async with node.watching():
        with TestClient(fastapi_app(node)) as client:
            with pytest.raises(WebSocketDisconnect), client.websocket_connect("/private"):
                pass
            with client.websocket_connect(f"/private?token={pair.auth_token}") as websocket:
                websocket.send_text("hello")
                assert websocket.receive_text() == "anna: hello"


def test_the_document_of_the_routes_says_that_a_bearer_is_needed() -> None:
    document = fastapi_app(Node()).openapi()
    assert document["paths"]["/me"]["get"]["security"] == [{"auth_token": []}]
    scheme = document["components"]["securitySchemes"]["auth_token"]
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    assert document["paths"]["/me"]["get"].get("parameters", []) == []
