"""Routes that differ in one thing: whether they ask who calls. `python -m bench.two_routes` serves them.

Routes are matched one after the other, and each that comes before costs a little: so each has an app of its own, in
which it has the same place.
"""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chat.app import Chat
from chat.part import ChatPart
from chat.serve import serve
from chat.settings import read_settings
from latchstring import InvalidAuthToken
from latchstring.http import Answer, Call

Endpoint = Callable[[Request], Awaitable[Response]]
SOMEBODY = "5b46c3ec-81ed-47b0-9e54-eecb92f7bdab"


class TwoRoutes:
    """`open` and `signed_in` touch no store; `anybody` answers what `GET /api/me` does, about whom the query names."""

    def __init__(self, chat: Chat) -> None:
        self._auth = chat.auth
        self._part = ChatPart(chat.profiles, chat.rosters)

    def apps(self) -> dict[str, ASGIApp]:
        """By path: in an app of ten lines, as the README shows it, and as the last call of the API tier."""
        tier = partial(self._auth.api_tier, app_part=self._part)
        return {
            "/app/open": Starlette(routes=[Route("/app/open", self.open)]),
            "/app/signed-in": Starlette(routes=[Route("/app/signed-in", self.signed_in)]),
            "/api/open": tier([_call("/api/open", self.open)]),
            "/api/signed-in": tier([_call("/api/signed-in", self.signed_in)]),
            "/api/me": tier(),
            "/api/anybody": tier([_call("/api/anybody", self.anybody)]),
        }

    async def open(self, _: Request) -> Response:
        return Answer({"user": {"id": SOMEBODY}})

    async def signed_in(self, request: Request) -> Response:
        session = await self._auth.session(request)
        return Answer({"user": {"id": session.subject}})

    async def anybody(self, request: Request) -> Response:
        account = await self._auth.accounts.account(request.scope["query_string"].decode())
        if account is None:
            raise InvalidAuthToken
        return Answer(await self._part.payload(account))


def _call(path: str, endpoint: Endpoint) -> Call:
    return Call(method="GET", path=path, endpoint=endpoint, summary="Of the bench")


def side_by_side(apps: Mapping[str, ASGIApp], rest: ASGIApp) -> ASGIApp:
    async def one(scope: Scope, receive: Receive, send: Send) -> None:
        await apps.get(scope.get("path", ""), rest)(scope, receive, send)

    return one


def main() -> int:
    settings = read_settings(os.environ)
    chat = Chat(settings)
    app = side_by_side(TwoRoutes(chat).apps(), chat.api_tier(alone=True))
    return serve(app, host=settings.host, port=settings.port, base_url=settings.library.base_url)


if __name__ == "__main__":
    sys.exit(main())
