"""The wire contract, as much of it as the pages touch, in memory: for tests of the pages alone."""

import base64
import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from chat.pages.routes import PageSettings, page_errors, page_routes

LIFE_SECONDS = 1800
NOON = "2026-01-31 12:00:00.123456Z"


@dataclass
class Person:
    email: str
    password: str
    profile: dict[str, Any]
    confirmed_at: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Signed:
    person: Person
    remembered: bool
    device: str
    last_seen_at: str = NOON
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    token: str = ""
    sockets: list[WebSocket] = field(default_factory=list)
    ended: str = ""


class Fake:
    """`down` answers 503 to every call, `cut_off` refuses every join; `refreshes` counts what would have rotated the
    cookie."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.signed: dict[str, Signed] = {}
        self.listening: list[tuple[WebSocket, str]] = []
        self.down = False
        self.cut_off = False
        self.mailed_tokens: dict[str, Person] = {}
        self.asked_for: list[str] = []
        self.refreshes = 0
        settings = PageSettings()
        calls = [
            Route("/auth/confirm", self.confirm, methods=["POST"]),
            Route("/auth/password/{call}", self.recover, methods=["POST"]),
            Route("/healthz", self.health),
            Route("/auth/{call}", self.auth, methods=["POST"]),
            Route("/api/{call:path}", self.api, methods=["GET", "POST", "PATCH", "DELETE"]),
            WebSocketRoute("/backend/socket/websocket", self.socket),
        ]
        self.app = Starlette(routes=[*calls, *page_routes(settings)], exception_handlers=page_errors(settings))

    def add_person(self, email: str, password: str, name: str, **profile: Any) -> Person:
        looks = {"hidden": False, "theme": "day", "magnification": 1.0, "recents": []}
        person = Person(email, password, {"display_name": name or email, **looks, **profile})
        self.people[email] = person
        return person

    def sign_in(self, person: Person, device: str, remembered: bool = True) -> Signed:
        signed = Signed(person, remembered, device)
        signed.token = new_token(signed.id)
        self.signed[signed.id] = signed
        return signed

    async def end(self, signed: Signed, reason: str) -> None:
        signed.ended = reason
        self.listening = [(websocket, ref) for websocket, ref in self.listening if websocket not in signed.sockets]
        for websocket in list(signed.sockets):
            await websocket.close(4401, reason)

    async def auth(self, request: Request) -> Response:
        if self.down:
            return refusal(503, "unavailable")
        call = request.path_params["call"]
        held = self.signed.get(request.cookies.get("fake", ""))
        if call in ("login", "register"):
            return await self._enter(request, call)
        if call == "signout":
            if held:
                await self.end(held, "signed_out")
            return cleared(Response(status_code=204))
        if call == "silent" and (held is None or not (held.remembered or held.ended)):
            return Response(status_code=204)
        if held is None or held.ended:
            answer = refusal(401, "session_ended", reason=held.ended if held else "unknown")
            return cleared(answer) if held else answer
        self.refreshes += 1
        held.token = new_token(held.id)
        if call == "silent":
            return JSONResponse(self._payload(held))
        return JSONResponse({"token": held.token, "expires_in": LIFE_SECONDS})

    async def health(self, request: Request) -> Response:
        return refusal(503, "unavailable") if self.down else Response()

    async def confirm(self, request: Request) -> Response:
        person = self.mailed_tokens.pop((await request.json())["token"], None)
        if person is None:
            return refusal(400, "invalid_token", "This code has been used.")
        person.confirmed_at = "2026-01-31T12:00:00Z"
        return Response(status_code=204)

    async def recover(self, request: Request) -> Response:
        body, call = await request.json(), request.path_params["call"]
        if self.down:
            return refusal(503, "unavailable")
        if call == "request":
            self.asked_for.append(body["email"])
            return Response(status_code=204)
        person = self.mailed_tokens.get(body["token"])
        if person is None:
            return refusal(400, "invalid_token", "This code has been used.")
        if call == "confirm":
            return JSONResponse({"success": True, "user": {"id": person.id, "email": person.email}})
        if len(body["new_password"]) < 15:
            trouble = {"path": "new_password", "message": "A password has at least 15 characters."}
            return refusal(400, "invalid_request", trouble["message"], fields=[trouble])
        person.password = body["new_password"]
        del self.mailed_tokens[body["token"]]
        return Response(status_code=204)

    async def _enter(self, request: Request, call: str) -> Response:
        body = await request.json()
        email, password = body["email"], body["password"]
        person = self.people.get(email)
        if call == "login" and (person is None or person.password != password):
            return refusal(401, "invalid_credentials", "The e-mail or the password is not right.")
        if call == "register" and person is not None:
            return refusal(409, "email_taken", "There is an account with this e-mail already.")
        if call == "register" and len(password) < 15:
            trouble = {"path": "password", "message": "A password has at least 15 characters."}
            return refusal(400, "invalid_request", trouble["message"], fields=[trouble])
        person = person or self.add_person(email, password, body.get("display_name") or "")
        signed = self.sign_in(person, "Chromium on Linux", body.get("rememberMe", False))
        answer = JSONResponse(self._payload(signed), 201 if call == "register" else 200)
        life = 1_209_600 if signed.remembered else None
        answer.set_cookie("fake", signed.id, httponly=True, samesite="strict", max_age=life)
        return answer

    def _payload(self, signed: Signed) -> dict[str, Any]:
        person = signed.person
        user = {"id": person.id, "email": person.email, "confirmed_at": person.confirmed_at, **person.profile}
        tokens = {"auth_token": signed.token, "auth_token_expires_in": LIFE_SECONDS, "remembered": signed.remembered}
        return {"user": user, "conversations": [], "users": [], **tokens}

    def _bearer(self, token: str) -> Signed | None:
        live = (signed for signed in self.signed.values() if not signed.ended)
        return next((signed for signed in live if signed.token == token), None)

    async def api(self, request: Request) -> Response:
        if self.down:
            return refusal(503, "unavailable")
        signed = self._bearer(request.headers.get("authorization", "").removeprefix("Bearer "))
        if signed is None:
            return refusal(401, "invalid_token")
        match request.method, request.path_params["call"].split("/"):
            case "GET", ["me"]:
                return JSONResponse(
                    {key: value for key, value in self._payload(signed).items() if "auth_token" not in key}
                )
            case "GET", ["sessions"]:
                return JSONResponse({"sessions": [self._device(other, signed) for other in self._live(signed)]})
            case "DELETE", ["sessions", session_id]:
                await self.end(self.signed[session_id], "signed_out_elsewhere")
                return Response(status_code=204)
            case "POST", ["signout_all"]:
                for other in self._live(signed):
                    await self.end(other, "signed_out")
                return Response(status_code=204)
            case "POST", ["token", "email_confirm"]:
                self.asked_for.append(signed.person.email)
                return Response(status_code=204)
        return await self._change(request, signed)

    async def _change(self, request: Request, signed: Signed) -> Response:
        match request.method, request.path_params["call"]:
            case "PATCH", "profile":
                signed.person.profile.update(await request.json())
                return JSONResponse(signed.person.profile)
            case "PATCH", "password":
                return await self._change_password(request, signed)
        return refusal(404, "not_found")

    async def _change_password(self, request: Request, signed: Signed) -> Response:
        body = await request.json()
        if body["password"] != signed.person.password:
            return refusal(401, "invalid_credentials", "The password is not right.")
        signed.person.password = body["new_password"]
        for other in self._live(signed):
            if other is not signed:
                await self.end(other, "password_changed")
        return Response(status_code=204)

    def _live(self, signed: Signed) -> list[Signed]:
        return [other for other in self.signed.values() if other.person is signed.person and not other.ended]

    def _device(self, signed: Signed, asker: Signed) -> dict[str, Any]:
        times = {"inserted_at": NOON, "last_seen_at": signed.last_seen_at}
        words = {"device": signed.device, "address": "192.0.2.7", "remembered": signed.remembered}
        return {"id": signed.id, **words, **times, "current": signed is asker}

    async def socket(self, websocket: WebSocket) -> None:
        offered = websocket.scope["subprotocols"]
        signed = self._bearer(websocket.query_params.get("token") or bearer_of(offered))
        if signed is None:
            await websocket.close()
            return
        await websocket.accept("phoenix" if offered else None)
        signed.sockets.append(websocket)
        ref = secrets.token_hex(4)
        try:
            while True:
                await self._answer(websocket, signed, ref, await websocket.receive_json())
        except WebSocketDisconnect:
            signed.sockets.remove(websocket)
            if (websocket, ref) in self.listening:
                self.listening.remove((websocket, ref))
                await self.broadcast("presence_diff", {"joins": {}, "leaves": entry(signed.person, ref)})

    async def _answer(self, websocket: WebSocket, signed: Signed, ref: str, frame: list[Any]) -> None:
        join_ref, message_ref, topic, event, _ = frame
        if event == "phx_join" and self.cut_off:
            refused = {"status": "error", "response": "unavailable"}
            await websocket.send_json([join_ref, message_ref, topic, "phx_reply", refused])
            return
        response = {"status": "ok", "response": {}}
        await websocket.send_json([join_ref, message_ref, topic, "phx_reply", response])
        if event == "phx_join" and topic == "system:general":
            people = {signed.person.id: signed.person for signed in self.signed.values() if not signed.ended}
            state: dict[str, Any] = {}
            for person in people.values():
                state |= {} if person.profile["hidden"] else entry(person, f"ref-{person.id}")
            await websocket.send_json([join_ref, None, topic, "presence_state", state])
            await self.broadcast("presence_diff", {"joins": entry(signed.person, ref), "leaves": {}})
            self.listening.append((websocket, ref))

    async def lose_sight(self) -> None:
        """As a node does whose Valkey is away: every topic ends, the sockets stay, and nobody is let in again."""
        self.cut_off = True
        for websocket, _ in self.listening:
            for person in self.people.values():
                for topic in ("system:general", f"user:{person.id}"):
                    await websocket.send_json([None, None, topic, "phx_error", {}])
        self.listening.clear()

    async def broadcast(self, event: str, payload: dict[str, Any]) -> None:
        for websocket, _ in list(self.listening):
            await websocket.send_json([None, None, "system:general", event, payload])


def new_token(session_id: str) -> str:
    """As a JWT looks from outside: the browser reads whose session it is."""
    claims = base64.urlsafe_b64encode(json.dumps({"sid": session_id}).encode()).decode().rstrip("=")
    return f"fake.{claims}.{secrets.token_hex()}"


def entry(person: Person, ref: str) -> dict[str, Any]:
    meta = {"online_at": NOON, "phx_ref": ref, "display_name": person.profile["display_name"]}
    return {person.id: {"metas": [meta]}}


def bearer_of(subprotocols: list[str]) -> str:
    prefix = "base64url.bearer.phx."
    sealed = next((offer.removeprefix(prefix) for offer in subprotocols if offer.startswith(prefix)), "")
    return base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)).decode()


def refusal(status: int, code: str, message: str = "The server does not answer.", **more: Any) -> Response:
    return JSONResponse({"error": {"code": code, "message": message, **more}}, status)


def cleared(answer: Response) -> Response:
    answer.delete_cookie("fake", httponly=True, samesite="strict")
    return answer
