"""The web tier: the backend-for-frontend of our own pages. It holds the refresh token, no script does."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Lifespan

from latchstring.core.keys import KeyRing
from latchstring.errors import NewerKey, Refused, SessionEnded, Unavailable
from latchstring.http.addresses import Addresses
from latchstring.http.answers import Answer, nothing
from latchstring.http.api_client import ApiAnswer, ApiClient
from latchstring.http.api_tier import health_route, tier
from latchstring.http.bodies import SPELLINGS, read_bytes, read_object, refuse_body, refuse_near_misses
from latchstring.http.cookies import CookieContent, Held, RefreshCookie
from latchstring.http.pass_through import PassThrough
from latchstring.http.payloads import Tokens
from latchstring.http.problems import ErrorPage, answer_problem, clears_cookie
from latchstring.http.same_origin import SameOriginGate
from latchstring.ports import Entropy
from latchstring.settings import Settings
from latchstring.standstill import Standstill

Story = Callable[[Request, Held], Awaitable[Answer]]
T = TypeVar("T")


def build_web_tier(
    api: ApiClient,
    *,
    settings: Settings,
    key_ring: KeyRing,
    entropy: Entropy,
    pages: Sequence[BaseRoute] = (),
    page_errors: Mapping[int, ErrorPage] | None = None,
    lifespan: Lifespan[Starlette] | None = None,
    standstill: Standstill | None = None,
) -> Starlette:
    """The whole tier as one ASGI app: the sign-in of our pages, `/api/*` passed on, and the pages themselves.

    `page_errors` are pages for 404, 405 and 500 where no call of ours was asked for. `standstill` is for a tier in a
    process of its own: where the API tier stands still with it, that finds out.
    """
    addresses = Addresses(settings)
    cookie = RefreshCookie(key_ring=key_ring, settings=settings, entropy=entropy)
    passed_on = PassThrough(api, addresses)
    routes = [*WebTier(api, cookie, addresses, standstill).routes(), *passed_on.routes()]
    routes.append(Route("/healthz", health_route(passed_on.health)))
    gate = Middleware(SameOriginGate, origin=settings.base_url)
    return tier(
        [*routes, *pages], lifespan=lifespan, middleware=[gate], pages=page_errors, refresh_cookie=cookie, api=api
    )


class WebTier:
    def __init__(
        self, api: ApiClient, cookie: RefreshCookie, addresses: Addresses, standstill: Standstill | None = None
    ) -> None:
        self._api = api
        self._cookie = cookie
        self._addresses = addresses
        self._standstill = standstill

    def routes(self) -> list[Route]:
        stories = {
            "/auth/register": self.register,
            "/auth/login": self.log_in,
            "/auth/refresh": self.refresh,
            "/auth/silent": self.silent,
            "/auth/signout": self.sign_out,
        }
        return [Route(path, self._endpoint(story), methods=["POST"]) for path, story in stories.items()]

    def _endpoint(self, story: Story) -> Callable[[Request], Awaitable[Answer]]:
        """Opens the cookie and lets the story be told. A cookie that does not open is treated as none, and cleared."""

        async def endpoint(request: Request) -> Answer:
            held = self._cookie.held(request.scope)
            try:
                answer = await story(request, held)
            except (Refused, Unavailable) as error:
                answer = answer_problem(error)
            if held.spoiled and b"set-cookie" not in dict(answer.raw_headers):
                self._clear(answer)
            return answer

        return endpoint

    async def register(self, request: Request, held: Held) -> Answer:
        return await self._sign_in("/auth/register", request, held)

    async def log_in(self, request: Request, held: Held) -> Answer:
        return await self._sign_in("/auth/login", request, held)

    async def _sign_in(self, path: str, request: Request, held: Held) -> Answer:
        """A new session, always. The one that the cookie held ends in the same write."""
        said = await self._call(request, path, _sign_in_body(await read_bytes(request), held.held))
        return self._signed_in(said) if said.status < 400 else self._refused(said)

    async def refresh(self, request: Request, held: Held) -> Answer:
        await refuse_body(request)
        _refuse_ahead(held)
        if held.held is None:
            raise SessionEnded("unknown")
        said = await self._present(request, {"token": held.held.refreshToken, "brief": True})
        if said.status != 200:
            return self._refused(said)
        tokens = _read(said.body, Tokens)
        return self._with_cookie(
            Answer({"token": tokens.auth_token, "expires_in": tokens.auth_token_expires_in}), tokens
        )

    async def silent(self, request: Request, held: Held) -> Answer:
        """The start-up of a remembered user. Who was not remembered is a guest here, whose cookie stays as it is."""
        await refuse_body(request)
        _refuse_ahead(held)
        if held.held is None or not held.held.rememberMe:
            return nothing()
        said = await self._present(request, {"token": held.held.refreshToken})
        return self._signed_in(said) if said.status == 200 else self._refused(said)

    async def sign_out(self, request: Request, held: Held) -> Answer:
        """Ends the session of every cookie that opens. Where that cannot be done, it says so and keeps the cookie:
        docs/decisions/0003-sign-out-when-the-store-is-down.md."""
        await refuse_body(request)
        _refuse_ahead(held)
        for content in held.opened:
            said = await self._call(request, "/api/signout", {"token": content.refreshToken})
            if said.status != 204:
                raise Unavailable("The sign-out could not be written.")
        answer = nothing()
        self._clear(answer)
        return answer

    async def _present(self, request: Request, body: object) -> ApiAnswer:
        """A token is not presented for a browser that has given up: it would arrive when nobody expects it any more,
        and look like a copy (docs/decisions/0002-contested-heads.md)."""
        if await request.is_disconnected():
            raise Unavailable("Nobody waits for this refresh.")
        if self._standstill is not None:
            self._standstill.check()
        return await self._call(request, "/auth/refresh", body)

    async def _call(self, request: Request, path: str, body: object) -> ApiAnswer:
        visitor = self._addresses.visitor(request.scope)
        return await self._api.call("POST", path, visitor=visitor, body=msgspec.json.encode(body))

    def _signed_in(self, said: ApiAnswer) -> Answer:
        """The API tier's payload without the refresh token, which goes into the cookie."""
        members = _read(said.body, dict[str, msgspec.Raw])
        members.pop("refresh_token", None)
        return self._with_cookie(Answer(members, said.status), _read(said.body, Tokens))

    def _with_cookie(self, answer: Answer, tokens: Tokens) -> Answer:
        content = CookieContent(rememberMe=tokens.remembered, refreshToken=tokens.refresh_token)
        answer.raw_headers.append(
            (b"set-cookie", self._cookie.header(content, tokens.refresh_token_expires_in).encode())
        )
        return answer

    def _refused(self, said: ApiAnswer) -> Answer:
        """The API tier's refusal, as it is. The cookie is cleared only where its session is known to be over: not by a
        lost race, a 409, a time-out, a 429 or a 5xx."""
        code = said.code
        if code is None:
            raise Unavailable("What answered is not the API tier.")
        answer = Answer(said.body, said.status, said.told("retry-after", "www-authenticate"))
        if clears_cookie(code):
            self._clear(answer)
        return answer

    def _clear(self, answer: Answer) -> None:
        answer.raw_headers.append((b"set-cookie", self._cookie.clearing_header().encode()))


def _refuse_ahead(held: Held) -> None:
    """Another node opens it: nobody is taken for a guest here. Who signs in meanwhile just has a new session."""
    if held.ahead:
        raise NewerKey


def _sign_in_body(raw: bytes, held: CookieContent | None) -> dict[str, Any]:
    """What the page sent, and two members of ours: a session is remembered only where that was asked for."""
    members = read_object(raw)
    refuse_near_misses(members)
    if not SPELLINGS & members.keys():
        members["rememberMe"] = False
    members["replaces"] = None if held is None else held.refreshToken
    return members


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except ValueError:
        raise Unavailable("What answered is not the API tier.") from None
