"""The pages: their addresses, and the ones for what went wrong. No GET here reads a cookie or a session."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from chat.pages.files import file_mounts
from chat.pages.policy import page_headers
from chat.pages.settings import PageSettings
from chat.pages.shells import Shell, Shells

__all__ = ["PAGES", "PageSettings", "page_errors", "page_routes"]

PAGES = {
    "/": "home.html",
    "/about": "about.html",
    "/login": "login.html",
    "/forgot": "forgot.html",
    "/reset": "reset.html",
    "/confirm": "confirm.html",
    "/account": "account.html",
    "/chat": "chat.html",
    "/chat/{id:uuid}": "chat.html",
}

ErrorPage = Callable[[Request, Exception], Awaitable[Response]]


def page_routes(settings: PageSettings) -> list[BaseRoute]:
    """Every page, the files they load (`/static`) and the library's modules (`/latchstring`)."""
    shells = Shells(settings)
    pages = [Route(path, _page(shells.shell(template)), methods=["GET"]) for path, template in PAGES.items()]
    return [*pages, Route("/register", _to_registering(page_headers(settings)), methods=["GET"]), *file_mounts()]


def page_errors(settings: PageSettings) -> dict[int, ErrorPage]:
    """Exception handlers by status, for the app that serves the pages; calls under /api and /auth have their own."""
    shells = Shells(settings)
    return {
        404: _error_page(shells.shell("not_found.html"), 404),
        405: _error_page(shells.shell("not_allowed.html"), 405),
        500: _error_page(shells.shell("failed.html"), 500),
    }


def _page(shell: Shell) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        return shell.response(request)

    return page


def _to_registering(headers: Mapping[str, str]) -> Callable[[Request], Awaitable[Response]]:
    """What people type who look for it: signing in and registering are one page."""

    async def redirect(_: Request) -> Response:
        return RedirectResponse("/login#register", 303, headers)

    return redirect


def _error_page(shell: Shell, status: int) -> ErrorPage:
    async def error_page(request: Request, trouble: Exception) -> Response:
        response = shell.response(request, status)
        response.headers.update(getattr(trouble, "headers", None) or {})
        return response

    return error_page
