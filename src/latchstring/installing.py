"""How sign-in is put into somebody's Starlette or FastAPI app, beside the routes that they have."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.staticfiles import StaticFiles

from latchstring.http import refusal_handlers
from latchstring.live import Admission, LiveMiddleware

OpenAndClose = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any]]]


def install(app: Starlette, *, admission: Admission, lifespan: OpenAndClose, routes: Sequence[BaseRoute]) -> None:
    """Call it before the app serves. The app's own routes win, whether they were added before or are added after."""
    app.add_middleware(LiveMiddleware, admission=admission)
    for error, handler in refusal_handlers.items():
        app.add_exception_handler(error, handler)
    theirs = app.router.lifespan_context

    @asynccontextmanager
    async def both(running: Any) -> AsyncIterator[Mapping[str, Any]]:
        async with lifespan(running):
            # A middleware stack that is built already would not know ours; routes come last here, so theirs win.
            app.router.routes.extend(routes)
            async with theirs(running) as state:
                yield state or {}

    app.router.lifespan_context = both


def own_routes(api: Starlette, web: Starlette) -> list[Route]:
    """The web tier's routes one by one, so that it takes nothing else of the app's paths."""
    paths = [route.path for route in web.routes if isinstance(route, Route) and route.path.startswith("/auth/")]
    paths += [route.path for route in api.routes if isinstance(route, Route) and route.path.startswith("/api/")]
    return [Route(path, web) for path in paths]


def browser_modules() -> StaticFiles:
    """The ES modules that the wheel brings."""
    return StaticFiles(directory=Path(__file__).parent / "browser")
