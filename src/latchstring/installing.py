"""How sign-in is put into somebody's Starlette or FastAPI app, beside the routes that they have."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from latchstring.http import refusal_handlers
from latchstring.live import Admission, LiveMiddleware

OpenAndClose = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any]]]


def install(app: Starlette, *, admission: Admission, lifespan: OpenAndClose, routes: Sequence[BaseRoute]) -> None:
    """Call it before the app serves. The app's own routes win, whether they were added before or are added after; but
    what takes every path (files at `/`, one page for all) comes after ours."""
    app.add_middleware(LiveMiddleware, admission=admission)
    for error, handler in refusal_handlers.items():
        app.add_exception_handler(error, handler)
    theirs = app.router.lifespan_context

    @asynccontextmanager
    async def both(running: Any) -> AsyncIterator[Mapping[str, Any]]:
        async with lifespan(running):
            # Here, since by now the app has all of its routes.
            place = _place(app.router.routes)
            app.router.routes[place:place] = routes
            async with theirs(running) as state:
                yield state or {}

    app.router.lifespan_context = both


def _place(theirs: Sequence[BaseRoute]) -> int:
    """Behind the app's own routes, and before the first that takes every path."""
    takes_all = (
        at
        for at, route in enumerate(theirs)
        if (isinstance(route, Mount) and route.path == "") or str(getattr(route, "path", "")).startswith("/{")
    )
    return next(takes_all, len(theirs))


def own_routes(api: Starlette, web: Starlette) -> list[Route]:
    """The web tier's routes one by one, so that it takes nothing else of the app's paths."""
    paths = [route.path for route in web.routes if isinstance(route, Route) and route.path.startswith("/auth/")]
    paths += [route.path for route in api.routes if isinstance(route, Route) and route.path.startswith("/api/")]
    return [Route(path, web) for path in paths]


def browser_modules() -> StaticFiles:
    """The ES modules that the wheel brings."""
    return StaticFiles(directory=Path(__file__).parent / "browser")
