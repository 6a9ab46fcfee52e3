"""The API tier of the chat with pairs of routes that differ in one thing: whether they ask who calls.

`python -m bench.two_routes` serves them as `chat serve-api` would.
"""

import os
import sys

from starlette.requests import Request

from chat.app import Chat
from chat.part import ChatPart
from chat.serve import serve
from chat.settings import read_settings
from latchstring import InvalidAuthToken
from latchstring.http import Answer, Call, signed_in

SOMEBODY = "5b46c3ec-81ed-47b0-9e54-eecb92f7bdab"


class TwoRoutes:
    """`/bench/open` and `/bench/signed-in` touch no store; `/bench/me` is `GET /api/me` of whoever is named."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._part = ChatPart(chat.profiles)

    def calls(self) -> list[Call]:
        return [
            Call(method="GET", path="/bench/open", endpoint=self.open, summary="Open to all", signed_in=False),
            Call(method="GET", path="/bench/signed-in", endpoint=self.signed_in, summary="For a bearer"),
            Call(method="GET", path="/bench/me/{id}", endpoint=self.me, summary="Anybody's", signed_in=False),
        ]

    async def open(self, _: Request) -> Answer:
        return Answer({"user": {"id": SOMEBODY}})

    async def signed_in(self, request: Request) -> Answer:
        caller = await signed_in(request)
        return Answer({"user": {"id": caller.subject}})

    async def me(self, request: Request) -> Answer:
        account = await self._chat.auth.accounts.account(request.path_params["id"])
        if account is None:
            raise InvalidAuthToken
        return Answer(await self._part.payload(account))


def main() -> int:
    settings = read_settings(os.environ)
    chat = Chat(settings)
    app = chat.auth.api_tier(TwoRoutes(chat).calls(), app_part=ChatPart(chat.profiles), lifespan=chat.auth.lifespan)
    return serve(app, host=settings.host, port=settings.port, base_url=settings.library.base_url)


if __name__ == "__main__":
    sys.exit(main())
