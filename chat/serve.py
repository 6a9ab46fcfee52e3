"""Runs an app under uvicorn: listen, start, drain, stop."""

import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat.collecting import Collecting
from chat.draining import drain_begins
from chat.http_connection import HttpConnection
from chat.listening import listen
from chat.websocket import BoundedWebSocket, check_server
from latchstring import ConfigurationError, Unavailable
from latchstring.live import Limits

DRAIN_SECONDS = 6
"""SIGTERM ends within 10 s: requests under way finish, sockets are closed with 1012."""

FRAME_BYTES = Limits().frame_bytes
"""The guard's own bound, so that the server never holds a larger frame."""

log = logging.getLogger("chat.serve")


def serve(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    base_url: str,
    sockets: list[socket.socket] | None = None,
    ready: Callable[[], None] | None = None,
) -> int:
    """Returns when the server was told to stop: 0, or 3 where it could not start. Raises ConfigurationError. `ready` is
    called when it serves; without one, it is said."""
    check_server()
    sockets = sockets or listen(host, port)
    application = Application(app)
    config = uvicorn.Config(
        application,
        interface="asgi3",
        http=HttpConnection,
        loop="uvloop",
        ws=BoundedWebSocket,
        ws_max_size=FRAME_BYTES,
        # What is sent is ciphertext, which no compression makes smaller; each socket would hold two windows for it.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=75,
    )
    server = AnnouncingServer(config, ready or (lambda: log.info("ready: open %s", base_url)))

    def stop(_: int, __: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn drains, and then raises the signal again for whoever had a handler: a stop that was asked for is no death.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    try:
        server.run(sockets)
    except SystemExit:
        if application.trouble is not None:
            raise application.trouble from None
    return 0 if server.started else 3


class Application:
    """The app, and what went wrong at its start: in one sentence, where that is for the operator to change."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.trouble: ConfigurationError | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._live(scope, receive, send) if scope["type"] == "lifespan" else self._app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def say_briefly(message: Message) -> None:
            # Starlette's message is the whole traceback, as text: it is logged below, in the form of the log.
            await send({"type": message["type"]} if message["type"].endswith(".failed") else message)

        try:
            await self._app(scope, receive, say_briefly)
        except ConfigurationError as trouble:
            self.trouble = trouble
            raise
        except Unavailable as trouble:
            # The database is away: no fault of this program's, and whoever watches over it starts it again.
            log.error("the server cannot start or go on: %s", trouble)  # noqa: TRY400
            raise
        except Exception:
            log.exception("the server's life ended with an error")
            raise


class AnnouncingServer(uvicorn.Server):
    """Says so once it serves; and to the app before it closes what is open."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._collecting = Collecting()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._collecting.begin()
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        drain_begins(self.lifespan.state)
        await super().shutdown(sockets)
