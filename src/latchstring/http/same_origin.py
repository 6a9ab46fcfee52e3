"""The gate of the web tier: what changes something has to come from our own pages, before any cookie is read."""

from starlette.types import ASGIApp, Receive, Scope, Send

from latchstring.core.same_origin import decide_same_origin
from latchstring.errors import CrossOrigin
from latchstring.http.problems import answer_problem

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class SameOriginGate:
    """Refuses requests of other origins, those of sibling subdomains included, to whom Strict cookies do travel."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READING or self._is_ours(scope):
            await self._app(scope, receive, send)
        else:
            await answer_problem(CrossOrigin())(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        sites, origins = [], []
        for name, value in scope["headers"]:
            if name == b"sec-fetch-site":
                sites.append(value.decode("latin-1"))
            elif name == b"origin":
                origins.append(value.decode("latin-1"))
        return decide_same_origin(sites, origins, self._origin)
