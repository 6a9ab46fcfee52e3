"""What the web tier passes to the API tier: `/api/*`, bearer and all, and what a mailed token is good for. Cookies stay
here."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.routing import Route

from latchstring.errors import NotFound, Unavailable
from latchstring.http.addresses import Addresses
from latchstring.http.answers import Answer
from latchstring.http.api_client import ApiClient
from latchstring.http.bodies import read_any_bytes
from latchstring.issuing import Visitor

MAILED_TOKEN_CALLS = ("/auth/confirm", "/auth/password/request", "/auth/password/confirm", "/auth/password/reset")
"""Named one by one: the other calls below /auth answer with refresh tokens."""

_FORWARDED = frozenset({b"authorization", b"content-type", b"content-encoding"})
_TOLD = ("allow", "retry-after", "www-authenticate")


class PassThrough:
    def __init__(self, api: ApiClient, addresses: Addresses) -> None:
        self._api = api
        self._addresses = addresses

    def routes(self) -> list[Route]:
        everything = Route("/api/{path:path}", self.pass_on_api, methods=["GET", "POST", "PATCH", "DELETE"])
        return [everything, *(Route(path, self._passes_on(path), methods=["POST"]) for path in MAILED_TOKEN_CALLS)]

    async def pass_on_api(self, request: Request) -> Answer:
        return await self._pass_on(request, _plain_path(request.path_params["path"]))

    def _passes_on(self, path: str) -> Callable[[Request], Awaitable[Answer]]:
        async def pass_on(request: Request) -> Answer:
            return await self._pass_on(request, path)

        return pass_on

    async def _pass_on(self, request: Request, path: str) -> Answer:
        said = await self._api.call(
            request.method,
            path,
            visitor=self._addresses.visitor(request.scope),
            body=await read_any_bytes(request),
            headers=[pair for pair in request.scope["headers"] if pair[0] in _FORWARDED],
            query=request.scope["query_string"],
        )
        if said.status >= 400 and said.code is None and request.method != "HEAD":
            raise Unavailable("What answered is not the API tier.")
        return Answer(said.body or None, said.status, said.told(*_TOLD))

    async def health(self) -> None:
        """The web tier can serve when the API tier can. Raises Unavailable."""
        said = await self._api.call("GET", "/healthz", visitor=Visitor("", ""), headers=())
        if said.status != 200:
            raise Unavailable("The API tier cannot serve.")


def _plain_path(path: str) -> str:
    """Dot segments would climb out of /api to calls that answer with refresh tokens."""
    if any(segment in (".", "..") for segment in path.replace("\\", "/").split("/")):
        raise NotFound
    return f"/api/{path}"
