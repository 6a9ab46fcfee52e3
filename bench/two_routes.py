"""Pairs of routes that differ in one thing: whether they ask who calls. `python -m bench.two_routes` serves them.

Under /app in an app of ten lines, as the README shows it; elsewhere in the API tier of the chat.
"""

import os
import sys

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

SOMEBODY = "5b46c3ec-81ed-47b0-9e54-eecb92f7bdab"


class TwoRoutes:
    """`open` and `signed_in` touch no store; `me` answers what `GET /api/me` does, about whoever is named."""

    def __init__(self, chat: Chat) -> None:
        self._auth = chat.auth
        self._part = ChatPart(chat.profiles)

    def calls(self) -> list[Call]:
        return [
            Call(method="GET", path="/bench/open", endpoint=self.open, summary="Open to all", signed_in=False),
            Call(method="GET", path="/bench/signed-in", endpoint=self.signed_in, summary="For a bearer"),
            Call(method="GET", path="/bench/me/{id}", endpoint=self.me, summary="Anybody's", signed_in=False),
        ]

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/app/open", self.open), Route("/app/signed-in", self.signed_in)])

    async def open(self, _: Request) -> Response:
        return Answer({"user": {"id": SOMEBODY}})

    async def signed_in(self, request: Request) -> Response:
        session = await self._auth.session(request)
        return Answer({"user": {"id": session.subject}})

    async def me(self, request: Request) -> Response:
        account = await self._auth.accounts.account(request.path_params["id"])
        if account is None:
            raise InvalidAuthToken
        return Answer(await self._part.payload(account))


def side_by_side(app: ASGIApp, api_tier: ASGIApp) -> ASGIApp:
    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        in_app = scope["type"] == "http" and scope["path"].startswith("/app/")
        await (app if in_app else api_tier)(scope, receive, send)

    return either


def main() -> int:
    settings = read_settings(os.environ)
    chat = Chat(settings)
    routes = TwoRoutes(chat)
    api_tier = chat.auth.api_tier(routes.calls(), app_part=ChatPart(chat.profiles), lifespan=chat.auth.lifespan)
    app = side_by_side(routes.app(), api_tier)
    return serve(app, host=settings.host, port=settings.port, base_url=settings.library.base_url)


if __name__ == "__main__":
    sys.exit(main())
