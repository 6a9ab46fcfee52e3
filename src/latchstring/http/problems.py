"""One table from errors to answers: the status, and whether the session behind the cookie is known to be over."""

import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, ExceptionHandler, Message, Receive, Scope, Send

from latchstring.errors import (
    BodyTooLarge,
    CrossOrigin,
    EmailTaken,
    InvalidAuthToken,
    InvalidCredentials,
    InvalidMailedToken,
    InvalidRequest,
    LatchstringError,
    MethodNotAllowed,
    NotFound,
    Refused,
    Retry,
    SessionEnded,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
)
from latchstring.http.answers import Answer

log = logging.getLogger("latchstring.http")


@dataclass(frozen=True, slots=True)
class Problem:
    """How an error is answered. The web tier clears its cookie only where the session is known to be over."""

    status: int
    clears_cookie: bool = False
    challenge: bool = False


PROBLEMS: Mapping[type[LatchstringError], Problem] = {
    InvalidRequest: Problem(400),
    InvalidMailedToken: Problem(400),
    InvalidCredentials: Problem(401, challenge=True),
    InvalidAuthToken: Problem(401, challenge=True),
    SessionEnded: Problem(401, clears_cookie=True, challenge=True),
    CrossOrigin: Problem(403),
    NotFound: Problem(404),
    MethodNotAllowed: Problem(405),
    EmailTaken: Problem(409),
    Retry: Problem(409),
    BodyTooLarge: Problem(413),
    UnsupportedMediaType: Problem(415),
    TooManyRequests: Problem(429),
    Unavailable: Problem(503),
}

_CLEARING = frozenset(
    error.code for error, problem in PROBLEMS.items() if problem.clears_cookie and issubclass(error, Refused)
)


def clears_cookie(code: str | None) -> bool:
    """Whether this error code says that the session is over. No time-out, lost race, 429 or 5xx ever does."""
    return code in _CLEARING


def problem_of(error: type[LatchstringError]) -> Problem:
    """The row of the table for a kind of error: its own, or its nearest ancestor's."""
    return next(PROBLEMS[kind] for kind in error.__mro__ if kind in PROBLEMS)


def answer_problem(error: Refused | Unavailable, headers: Mapping[str, str] | None = None) -> Answer:
    """The one error shape of both tiers."""
    problem = problem_of(type(error))
    # What an Unavailable was raised with is for the log: strangers learn only that it was not their fault.
    message = Unavailable.message if isinstance(error, Unavailable) else error.message
    shape: dict[str, Any] = {"code": error.code, "message": message}
    if isinstance(error, InvalidRequest):
        shape["fields"] = error.fields
    if isinstance(error, SessionEnded):
        shape["reason"] = error.reason
    told = dict(headers or {})
    if isinstance(error, TooManyRequests | Unavailable):
        told["retry-after"] = str(error.retry_after)
    if problem.challenge:
        told["www-authenticate"] = "Bearer"
    return Answer({"error": shape}, problem.status, told)


async def answer_refusal(_: Request, error: Exception) -> Answer:
    """Starlette's handler for Refused and Unavailable; for the routes of anybody who depends on a session."""
    if isinstance(error, Unavailable):
        log.warning("unavailable: %s", type(error).__name__)
    if not isinstance(error, Refused | Unavailable):
        raise error
    return answer_problem(error)


_UNEXPECTED = {"code": "internal_error", "message": "Something went wrong on our side. It has been noted."}


async def answer_http_error(_: Request, error: Exception) -> Answer:
    """Starlette's own errors (404, 405 and such) in our shape."""
    if not isinstance(error, HTTPException):
        raise error
    refused = _OWN_ERRORS.get(error.status_code)
    if refused is not None:
        return answer_problem(refused(), error.headers)
    shape = {"code": InvalidRequest.code, "message": InvalidRequest.default_message, "fields": ()}
    return Answer({"error": shape if error.status_code < 500 else _UNEXPECTED}, error.status_code, error.headers)


_OWN_ERRORS: Mapping[int, type[Refused]] = {404: NotFound, 405: MethodNotAllowed, 413: BodyTooLarge}

ErrorPage = Callable[[Request, Exception], Awaitable[Response]]


def error_pages(pages: Mapping[int, ErrorPage]) -> ExceptionHandler:
    """The same for a tier with pages: there, whoever asks for a page and not for a call is shown one."""

    async def answer(request: Request, error: Exception) -> Response:
        page = pages.get(error.status_code) if isinstance(error, HTTPException) else None
        if page is None or is_call(request.scope):
            return await answer_http_error(request, error)
        return await page(request, error)

    return answer


def is_call(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith(("/auth/", "/api/")) or path in ("/auth", "/api")


refusal_handlers: Mapping[Any, ExceptionHandler] = {Refused: answer_refusal, Unavailable: answer_refusal}
"""For any Starlette or FastAPI app whose routes depend on a session."""

problem_handlers: Mapping[Any, ExceptionHandler] = {**refusal_handlers, HTTPException: answer_http_error}
"""For our own two tiers, beside FaultBarrier: everything that can go wrong has the one shape."""


class FaultBarrier:
    """Answers what nobody expected, without detail. The log gets the place, but no message: it may quote a payload.

    Starlette's own outermost layer raises the exception again, and the server would write it out whole.
    """

    def __init__(self, app: ASGIApp, page: ErrorPage | None = None) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - this is the barrier
            places = "".join(traceback.format_tb(error.__traceback__))
            # Not log.exception: it would write the message.
            log.error("unexpected %s in %s\n%s", type(error).__name__, scope["method"], places)  # noqa: TRY400
            if not started:
                await (await self._answer(scope, error))(scope, receive, send)

    async def _answer(self, scope: Scope, error: Exception) -> Response:
        if self._page is None or is_call(scope):
            return Answer({"error": _UNEXPECTED}, 500)
        return await self._page(Request(scope), error)
