"""No control characters in a path: no address of ours has any, and routers disagree about what they end."""

from starlette.types import ASGIApp, Receive, Scope, Send

from latchstring.errors import NotFound
from latchstring.http.problems import answer_problem


class PlainPaths:
    """404, in the one error shape, before any route is looked for.

    A pattern that ends in `$` takes a newline for the end, and `.` stops at one: `/auth/login%0a` would be a call that
    no check knows by its name.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].isprintable():
            await answer_problem(NotFound())(scope, receive, send)
            return
        await self._app(scope, receive, send)
