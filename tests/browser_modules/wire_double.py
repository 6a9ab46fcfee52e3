"""A web tier and a socket that keep the wire contract, and can be told to lose, delay or refuse an answer.

Not a mock of our own server: it knows nothing of it. Rotation is reduced to what browsers can tell apart: the newest
cookie rotates, the one before it gets the same successor, an older one ends the session.
"""

import asyncio
import base64
import json
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "src" / "latchstring" / "browser"
COOKIE = "latchstring"
PATIENCE = 5
"""Seconds until a test that waits for what never comes fails."""

KEPT = {"Cache-Control": "max-age=3600"}

Real = Callable[[], Awaitable[Response]]
Answer = Callable[[Request, Real], Awaitable[Response]]


@dataclass
class Session:
    id: str
    user: str
    remembered: bool
    generation: int = 1
    ended: str | None = None


@dataclass
class Seen:
    """One call that came."""

    path: str
    cookie: str | None
    bearer: str | None
    body: Any


@dataclass(eq=False)
class Peer:
    """The server's end of one socket: what came, and the means to say or end something."""

    socket: WebSocket
    token: str
    frames: list[list[Any]] = field(default_factory=list)
    closed: bool = False

    async def send(self, *frame: Any) -> None:
        await self.socket.send_text(json.dumps(frame))

    async def close(self, code: int, reason: str = "") -> None:
        self.closed = True
        await self.socket.close(code, reason)

    def sent(self, event: str) -> list[list[Any]]:
        return [frame for frame in self.frames if frame[3] == event]


class Modules(StaticFiles):
    """Kept by the browser: a test opens many tabs."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(KEPT)
        return response


class WireDouble:
    def __init__(self) -> None:
        self.url = ""
        self.app = Starlette(
            routes=[
                Mount("/latchstring", Modules(directory=MODULES)),
                WebSocketRoute("/socket/websocket", self._socket),
                Route("/{path:path}", self._answer, methods=["GET", "POST", "PATCH", "DELETE"]),
            ]
        )
        self._numbers = count(1)
        self.begin()

    def begin(self) -> None:
        """As if nobody had ever been here."""
        self.sessions: dict[str, Session] = {}
        self.refused_tokens: dict[str, str] = {}
        self.calls: list[Seen] = []
        self.scripts: dict[str, deque[Answer]] = {}
        self.expires_in = 1800
        self.opaque = False
        self._owners: dict[str, str] = {}
        self.peers: list[Peer] = []
        self.handshakes: list[str] = []
        self.refusing = False
        self.replies: dict[str, deque[Any]] = {}
        self.silent_events: set[str] = set()

    # What tests say

    def script(self, path: str, *answers: Answer) -> None:
        """The next answers of a path; after them it is honest again."""
        self.scripts.setdefault(path, deque()).extend(answers)

    def reply(self, event: str, *responses: Any) -> None:
        """The next replies to an event: `("error", response)` or `("ok", response)`."""
        self.replies.setdefault(event, deque()).extend(responses)

    def owners(self) -> dict[str, str]:
        """Whose each token is that was ever given out."""
        return {token: self.sessions[owner].user for token, owner in self._owners.items()}

    def count(self, path: str) -> int:
        return Counter(seen.path for seen in self.calls)[path]

    def end(self, reason: str) -> None:
        for session in self.sessions.values():
            session.ended = session.ended or reason

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - what is waited for happens in many places
                await asyncio.sleep(0.005)

    # HTTP

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        if not path.startswith(("/auth/", "/api/")):
            name = "harness.js" if path == "/harness.js" else "harness.html"
            return FileResponse(Path(__file__).parent / name, headers=KEPT)
        text = await request.body()
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ") or None
        self.calls.append(Seen(path, request.cookies.get(COOKIE), bearer, json.loads(text) if text else None))
        waiting = self.scripts.get(path)
        if waiting:
            return await waiting.popleft()(request, lambda: self._honest(request))
        return await self._honest(request)

    async def _honest(self, request: Request) -> Response:
        path = request.url.path
        if path.startswith("/api/"):
            return self._api(request)
        body = json.loads(await request.body() or b"{}")
        match path:
            case "/auth/login" | "/auth/register":
                return self._log_in(request, body)
            case "/auth/refresh":
                return self._refresh(request)
            case "/auth/silent":
                return self._silent(request)
            case "/auth/signout":
                return self._sign_out(request)
        return problem(404, "not_found")

    def _log_in(self, request: Request, body: dict[str, Any]) -> Response:
        if body["password"] == "wrong":
            return problem(401, "invalid_credentials")
        if (old := self._session(request)) is not None:
            old.ended = old.ended or "signed_out"
        session = Session(f"s{next(self._numbers)}", body["email"], body["rememberMe"])
        self.sessions[session.id] = session
        return self._with_cookie(JSONResponse(self._payload(session)), session)

    def _refresh(self, request: Request) -> Response:
        return self._rotate(request, lambda session: {"token": self._token(session), "expires_in": self.expires_in})

    def _silent(self, request: Request) -> Response:
        session = self._session(request)
        if session is None or not session.remembered:
            return Response(status_code=204)
        return self._rotate(request, self._payload)

    def _rotate(self, request: Request, body: Callable[[Session], Any]) -> Response:
        session = self._session(request)
        if session is None:
            return ended("unknown")
        generation = int(request.cookies[COOKIE].split(".")[1])
        if generation < session.generation - 1:
            session.ended = session.ended or "replayed"
        if session.ended:
            return cleared(ended(session.ended))
        session.generation = generation + 1
        return self._with_cookie(JSONResponse(body(session)), session)

    def _sign_out(self, request: Request) -> Response:
        if (session := self._session(request)) is not None:
            session.ended = session.ended or "signed_out"
        return cleared(Response(status_code=204))

    def _api(self, request: Request) -> Response:
        token = self.calls[-1].bearer or ""
        session = self._owner(token)
        if session is None:
            return problem(401, self.refused_tokens.get(token, "invalid_token"))
        if request.url.path == "/api/me":
            return JSONResponse(self._me(session))
        if request.url.path == "/api/signout_all":
            session.ended = "signed_out_elsewhere"
            return Response(status_code=204)
        return JSONResponse({"path": request.url.path, "session": session.id})

    def _session(self, request: Request) -> Session | None:
        return self.sessions.get(request.cookies.get(COOKIE, "").split(".")[0])

    def _owner(self, token: str) -> Session | None:
        """Whose bearer this is; none where it is refused, or the session is over."""
        if token in self.refused_tokens:
            return None
        session = self.sessions.get(self._owners.get(token, ""))
        return session if session and not session.ended else None

    def _token(self, session: Session) -> str:
        claims = {"sub": session.user, "sid": session.id, "n": next(self._numbers), "exp": 1}
        text = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        token = text if self.opaque else f"head.{text}.tag"
        self._owners[token] = session.id
        return token

    def _me(self, session: Session) -> dict[str, Any]:
        return {"user": {"id": session.user, "email": session.user}, "conversations": [], "users": []}

    def _payload(self, session: Session) -> dict[str, Any]:
        tokens = {"auth_token": self._token(session), "auth_token_expires_in": self.expires_in}
        return {**self._me(session), **tokens, "remembered": session.remembered}

    def _with_cookie(self, response: Response, session: Session) -> Response:
        age = 3600 if session.remembered else None
        value = f"{session.id}.{session.generation}"
        response.set_cookie(COOKIE, value, max_age=age, httponly=True, samesite="strict")
        return response

    # The socket

    async def _socket(self, socket: WebSocket) -> None:
        self.handshakes.append(str(socket.url))
        offered = socket.scope["subprotocols"]
        encoded = offered[1].removeprefix("base64url.bearer.phx.")
        token = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        if self.refusing or self._owner(token) is None:
            await socket.close()
            return
        await socket.accept("phoenix")
        peer = Peer(socket, token)
        self.peers.append(peer)
        try:
            while True:
                frame = json.loads(await socket.receive_text())
                peer.frames.append(frame)
                await self._reply(peer, frame)
        except (WebSocketDisconnect, RuntimeError):
            peer.closed = True

    async def _reply(self, peer: Peer, frame: list[Any]) -> None:
        join_ref, ref, topic, event, _ = frame
        if event in self.silent_events:
            return
        waiting = self.replies.get(event)
        status, response = waiting.popleft() if waiting else ("ok", {} if event.startswith("phx_") else "message_sent")
        await peer.send(join_ref, ref, topic, "phx_reply", {"status": status, "response": response})


def problem(status: int, code: str, **more: Any) -> Response:
    headers = {"Retry-After": str(more.pop("retry_after"))} if "retry_after" in more else None
    error = {"code": code, "message": f"It was {code}.", **more}
    return JSONResponse({"error": error}, status, headers=headers)


def ended(reason: str) -> Response:
    return problem(401, "session_ended", reason=reason)


def cleared(response: Response) -> Response:
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


# Answers for `script`


def says(status: int, code: str = "internal_error", **more: Any) -> Answer:
    """This, without having done anything."""

    async def answer(_: Request, __: Real) -> Response:
        return problem(status, code, **more)

    return answer


def says_text(status: int, text: str) -> Answer:
    async def answer(_: Request, __: Real) -> Response:
        return Response(text, status, media_type="text/html")

    return answer


def redirects(to: str) -> Answer:
    async def answer(_: Request, __: Real) -> Response:
        return RedirectResponse(to)

    return answer


class Held:
    """An answer that is under way until `release`: the server has acted (or not yet, with `first=False`)."""

    def __init__(self, *, first: bool = True) -> None:
        self.arrived = asyncio.Event()
        self.left = asyncio.Event()
        self._free = asyncio.Event()
        self._first = first

    def release(self) -> None:
        self._free.set()

    async def __call__(self, request: Request, real: Real) -> Response:
        response = await real() if self._first else None
        self.arrived.set()
        await self._free.wait()
        self.left.set()
        return response or await real()
