"""Somebody between the browser and the real chat: serves a page for the tests, listens to the socket, and loses,
refuses or forges what goes over it when told to."""

import json
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat.pages.policy import page_headers
from chat.pages.settings import PageSettings

HERE = Path(__file__).parent
PAGES = {"/talk-harness": "harness.html", "/talk-harness.js": "harness.js"}

Frame = list[Any]
Change = Callable[[Frame], None]


class Wire:
    """One socket."""

    def __init__(self, line: "Line", receive: Receive, send: Send) -> None:
        self.line = line
        self._receive = receive
        self._send = send
        self._losing: set[str] = set()
        self.dead = False

    async def receive(self) -> Message:
        while not self.dead:
            message = await self._receive()
            if message["type"] != "websocket.receive" or self.dead:
                return message
            frame = json.loads(message["text"])
            if not await self._is_taken(frame):
                return {**message, "text": json.dumps(frame)}
        return {"type": "websocket.disconnect", "code": 1006}

    async def _is_taken(self, frame: Frame) -> bool:
        """Whether the server never gets it."""
        event = frame[3]
        self.line.frames.append(frame)
        for name in (event, f"{event} {frame[2]}"):
            if not self.line.answers[name]:
                continue
            status, response = self.line.answers[name].popleft()
            reply = {"status": status, "response": response}
            await self.tell([frame[0], frame[1], frame[2], "phx_reply", reply])
            return True
        if self.line.losing[event]:
            self.line.losing[event] -= 1
            self._losing.add(frame[1])
        for change in self.line.changes.get(event, ()):
            change(frame)
        return False

    async def tell(self, frame: Frame) -> None:
        await self._send({"type": "websocket.send", "text": json.dumps(frame)})

    async def send(self, message: Message) -> None:
        if self.dead:
            return
        if message["type"] == "websocket.send":
            frame = json.loads(message["text"])
            if frame[3] == "phx_reply" and frame[1] in self._losing:
                await self.cut()
                return
        await self._send(message)

    async def cut(self) -> None:
        if not self.dead:
            self.dead = True
            await self._send({"type": "websocket.close", "code": 1011})


class Line:
    """`losing` counts, by event, the answers that are lost with their connection, after the server has acted.
    `answers` are given instead of the server's, which never hears of the push: by event, or event and topic.
    `changes` are made to what is pushed. While `down`, nothing is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.begin()

    def begin(self) -> None:
        self.losing: Counter[str] = Counter()
        self.answers: dict[str, deque[tuple[str, Any]]] = _Answers()
        self.changes: dict[str, list[Change]] = {}
        self.frames: list[Frame] = []
        self.wires: list[Wire] = []
        self.asked: list[str] = []
        self.down = False

    def pushed(self, event: str) -> list[Frame]:
        return [frame for frame in self.frames if frame[3] == event]

    async def cut(self) -> None:
        for wire in list(self.wires):
            await wire.cut()

    async def go_down(self) -> None:
        self.down = True
        await self.cut()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.down:
            await receive()
            await send({"type": "websocket.close", "code": 1013})
            return
        wire = Wire(self, receive, send)
        self.wires.append(wire)
        try:
            await self.app(scope, wire.receive, wire.send)
        finally:
            self.wires.remove(wire)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        self.asked.append(path)
        answer: Awaitable[None]
        if path in PAGES:
            headers = page_headers(PageSettings())
            answer = FileResponse(HERE / PAGES[path], headers=headers)(scope, receive, send)
        elif self.down and path.startswith(("/api/", "/auth/")):
            error = {"error": {"code": "unavailable", "message": "The server is away."}}
            answer = JSONResponse(error, 503)(scope, receive, send)
        else:
            answer = self.app(scope, receive, send)
        await answer


class _Answers(dict[str, deque[tuple[str, Any]]]):
    def __missing__(self, event: str) -> deque[tuple[str, Any]]:
        return self.setdefault(event, deque())
