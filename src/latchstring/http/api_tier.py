"""The API tier: JSON and bearer tokens, for any client."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Lifespan

from latchstring.accounts import Accounts
from latchstring.core.auth_token import AuthTokens
from latchstring.http.account_calls import AccountCalls
from latchstring.http.addresses import Addresses
from latchstring.http.answers import Answer
from latchstring.http.calls import Call, NeverStored, routes_of
from latchstring.http.changing_calls import ChangingCalls
from latchstring.http.openapi import openapi_document
from latchstring.http.payloads import AppPart, NoAppPart
from latchstring.http.plain_paths import PlainPaths
from latchstring.http.problems import ErrorPage, FaultBarrier, error_pages, problem_handlers
from latchstring.http.recovering_calls import RecoveringCalls
from latchstring.http.session_calls import PayloadOf, SessionCalls
from latchstring.ports import Clock
from latchstring.sessions import Sessions
from latchstring.settings import Settings

Health = Callable[[], Awaitable[None]]
"""Returns where a tier can serve, raises Unavailable where it cannot."""


def build_api_tier(
    *,
    sessions: Sessions,
    auth_tokens: AuthTokens,
    settings: Settings,
    clock: Clock,
    health: Health,
    accounts: Accounts | None = None,
    app_part: AppPart[Any] | None = None,
    extra_routes: Sequence[Call | BaseRoute] = (),
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """The whole tier as one ASGI app. Without `accounts` there is no registering and no password.

    An app's own HTTP calls are best given as `Call`: those are checked and documented like ours. Any other route is
    served as it is, with the same error shape, and with `Cache-Control: no-store`.
    """
    addresses = Addresses(settings)
    part = app_part or NoAppPart()
    session_calls = SessionCalls(
        sessions=sessions,
        auth_tokens=auth_tokens,
        payload_of=payloads_of(accounts, part),
        addresses=addresses,
        clock=clock,
    )
    calls = session_calls.calls()
    if accounts is not None:
        calls += AccountCalls(accounts=accounts, sessions=sessions, app_part=part, addresses=addresses).calls()
        calls += RecoveringCalls(recovering=accounts.recovering, app_part=part, addresses=addresses).calls()
        calls += ChangingCalls(changing=accounts.changing, sessions=sessions).calls()
    calls += [extra for extra in extra_routes if isinstance(extra, Call)]
    routes: list[BaseRoute] = [
        *routes_of(calls),
        *(_never_stored(extra) for extra in extra_routes if not isinstance(extra, Call)),
        *_about_the_tier(calls, health, auth_tokens, settings),
    ]
    return tier(routes, lifespan=lifespan, sessions=sessions)


def tier(
    routes: Sequence[BaseRoute],
    *,
    lifespan: Lifespan[Starlette] | None = None,
    middleware: Sequence[Middleware] = (),
    pages: Mapping[int, ErrorPage] | None = None,
    **state: object,
) -> Starlette:
    """What both tiers have in common: one error shape for every call, and no redirects that would lose a body."""
    pages = pages or {}
    app = Starlette(
        routes=routes,
        middleware=[Middleware(FaultBarrier, page=pages.get(500)), Middleware(PlainPaths), *middleware],
        exception_handlers={**problem_handlers, HTTPException: error_pages(pages)},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    for name, value in state.items():
        setattr(app.state, name, value)
    return app


def payloads_of(accounts: Accounts | None, part: AppPart[Any]) -> PayloadOf:
    async def of_account(subject: str) -> Mapping[str, object] | None:
        account = await accounts.account(subject) if accounts else None
        return None if account is None else await part.payload(account)

    async def of_subject(subject: str) -> Mapping[str, object]:
        return {"user": {"id": subject}, "conversations": [], "users": []}

    return of_subject if accounts is None else of_account


def _never_stored(route: BaseRoute) -> BaseRoute:
    if not isinstance(route, Route):
        return route
    marked = copy(route)
    marked.app = NeverStored(route.app)
    return marked


def _about_the_tier(
    calls: Sequence[Call], health: Health, auth_tokens: AuthTokens, settings: Settings
) -> list[BaseRoute]:
    document = openapi_document(calls)

    async def openapi(_: Request) -> Answer:
        return Answer(document)

    async def jwks(_: Request) -> Answer:
        return Answer(auth_tokens.jwks())

    keys = [Route("/.well-known/jwks.json", jwks)] if settings.algorithm == "EdDSA" else []
    return [Route("/healthz", health_route(health)), Route("/openapi.json", openapi), *keys]


def health_route(health: Health) -> Callable[[Request], Awaitable[Answer]]:
    async def healthz(_: Request) -> Answer:
        await health()
        return Answer({"status": "ok"})

    return healthz
