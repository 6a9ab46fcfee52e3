"""What is asked of each server, in the bytes of HTTP."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.peers.servers import PASSWORD

Kind = Literal["get", "refresh", "login"]
PEOPLE = 64
BEARERS = 1024
"""So many different tokens or cookies take turns in GETs."""


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that a server is asked. `template` has `<token>` and `<length>` in it, and a right answer has `says`.
    With `next_token`, a Lua pattern, each answer has the token of another request; without it the same requests are
    asked again and again."""

    kind: Kind
    server: str
    said: str
    template: str
    says: str
    tokens: str
    next_token: str = ""

    @property
    def name(self) -> str:
        return f"{self.kind}: {self.said}"


def get(
    server: str, said: str, path: str, tokens: str = "bearers", header: str = "Authorization: Bearer <token>"
) -> Call:
    return Call("get", server, said, _request("GET", path, header), '"id":', tokens)


def refresh(server: str, said: str, path: str, next_token: str, body: str = "", header: str = "") -> Call:
    says = next_token.partition("(")[0]
    return Call("refresh", server, said, _request("POST", path, header, body), says, "refresh", next_token)


def login(server: str, said: str, path: str, body: str, says: str, content: str = "application/json") -> Call:
    return Call("login", server, said, _request("POST", path, "", body, content), says, "people")


def _request(method: str, path: str, header: str, body: str = "", content: str = "application/json") -> str:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: */*"]
    if header:
        lines.append(header)
    if method == "POST":
        lines += [f"Content-Type: {content}", "Content-Length: <length>"]
    return "\r\n".join([*lines, "", body])


_EMAIL_JSON = json.dumps({"email": "<token>", "password": PASSWORD})
_NAME_JSON = json.dumps({"username": "<token>", "password": PASSWORD})
_FORM = f"username=<token>&password={PASSWORD.replace(' ', '+')}"
_URLENCODED = "application/x-www-form-urlencoded"
_COOKIE = "Cookie: <token>"

CALLS: Sequence[Call] = (
    get("ours", "Latchstring", "/me"),
    get("ours", "Latchstring, with the account's row", "/backend/api/me"),
    get("fastapi-users", "fastapi-users, JWT", "/jwt/me"),
    get("fastapi-users", "fastapi-users, database", "/database/me", "refresh"),
    get("simplejwt", "simplejwt", "/me"),
    get("simplejwt", "simplejwt, without the user's row", "/stateless/me"),
    get("allauth", "allauth headless, JWT", "/me"),
    get("better-auth", "better-auth", "/database/me", "refresh", _COOKIE),
    get("better-auth", "better-auth, its cookie cache", "/cached/me", "cached", _COOKIE),
    refresh(
        "ours", "Latchstring", "/backend/auth/refresh", '"refresh_token":"([^"]+)"', '{"token":"<token>","brief":true}'
    ),
    refresh(
        "fastapi-users",
        "fastapi-users, database",
        "/database/refresh",
        '"access_token":"([^"]+)"',
        header="Authorization: Bearer <token>",
    ),
    refresh(
        "simplejwt",
        "simplejwt, rotation and blacklist",
        "/token/refresh",
        '"refresh":"([^"]+)"',
        '{"refresh":"<token>"}',
    ),
    refresh(
        "allauth",
        "allauth headless, JWT",
        "/_allauth/app/v1/tokens/refresh",
        '"refresh_token": "([^"]+)"',
        '{"refresh_token":"<token>"}',
    ),
    # Its cookie stays the same when it is prolonged.
    Call(
        "refresh",
        "better-auth",
        "better-auth, a session prolonged",
        _request("GET", "/renewing/get-session", _COOKIE),
        '"updatedAt":',
        "refresh",
    ),
    login("ours", "Latchstring", "/backend/auth/login", _EMAIL_JSON, '"refresh_token":'),
    login("fastapi-users", "fastapi-users, JWT", "/jwt/login", _FORM, '"access_token":', _URLENCODED),
    login("simplejwt", "simplejwt", "/token", _NAME_JSON, '"access":'),
    login("allauth", "allauth headless, JWT", "/_allauth/app/v1/auth/login", _EMAIL_JSON, '"access_token":'),
    login("better-auth", "better-auth", "/database/sign-in/email", _EMAIL_JSON, '"token":'),
)


def filled(template: str, token: str) -> str:
    head, blank, body = template.replace("<token>", token).partition("\r\n\r\n")
    return head.replace("<length>", str(len(body.encode()))) + blank + body


def of_kind(kind: Kind, servers: Mapping[str, object]) -> list[Call]:
    """Those of the servers that there are."""
    return [call for call in CALLS if call.kind == kind and call.server in servers]
