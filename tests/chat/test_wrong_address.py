"""Pages that were opened where they are not at home: the operator is told, now and then, and in no words of theirs."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from chat.wrong_address import EVERY_SECONDS, WrongAddress

HOME, OTHER, LAN = "http://localhost:8000", "http://127.0.0.1:8000", "http://192.0.2.7:8000"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def answer(request: Request) -> Response:
    return Response(status_code=int(request.query_params["status"]))


async def refuse(websocket: WebSocket) -> None:
    await websocket.close()


async def accept(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> TestClient:
    routes = [
        Route("/", answer, methods=["POST"]),
        WebSocketRoute("/refused", refuse),
        WebSocketRoute("/accepted", accept),
    ]
    return TestClient(WrongAddress(Starlette(routes=routes), base_url=HOME, others=(OTHER,), monotonic=clock))


@pytest.mark.parametrize(
    ("origin", "status", "is_told"),
    [
        (LAN, 403, True),
        (LAN, 200, False),
        (LAN, 401, False),
        (HOME, 403, False),
        (OTHER, 403, False),
        (None, 403, False),
    ],
)
def test_a_refused_call_is_told_where_it_came_from_another_address(
    client: TestClient, caplog: pytest.LogCaptureFixture, origin: str | None, status: int, is_told: bool
) -> None:
    client.post(f"/?status={status}", headers={"origin": origin} if origin else {})
    assert [LAN in said and HOME in said for said in caplog.messages] == [True] * is_told


def test_a_refused_handshake_is_told_and_a_socket_that_ends_is_not(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/refused", headers={"origin": LAN}):
        pass
    assert len(caplog.messages) == 1
    with client.websocket_connect("/accepted", headers={"origin": "http://192.0.2.8"}):
        pass
    assert len(caplog.messages) == 1


def test_it_is_told_once_a_minute_at_most(client: TestClient, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    for pause in (0, EVERY_SECONDS - 1, 1, 1):
        clock.now += pause
        client.post("/?status=403", headers={"origin": LAN})
    assert len(caplog.messages) == 2


@pytest.mark.parametrize(
    "origin", ["null", "http://canary\n2026 forged", "http://user:canary@192.0.2.7", "canary" * 99]
)
def test_what_is_no_origin_is_not_repeated(clock: Clock, caplog: pytest.LogCaptureFixture, origin: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 403, "headers": []})

    async def receive() -> Message:
        raise AssertionError

    async def send(_: Message) -> None:
        return

    # Not by a client, which would send none of these.
    scope = {"type": "http", "headers": [(b"origin", origin.encode())]}
    asyncio.run(WrongAddress(app, base_url=HOME, others=(), monotonic=clock)(scope, receive, send))
    [said] = caplog.messages
    assert "canary" not in said
    assert "\n" not in said
