"""Runs an app under uvicorn: start, drain, stop."""

import logging
import socket

import uvicorn
from starlette.types import ASGIApp

DRAIN_SECONDS = 8
"""SIGTERM ends within 10 s: requests under way finish, sockets are closed with 1012."""

FRAME_BYTES = 256 * 1024

log = logging.getLogger("chat.serve")


def serve(app: ASGIApp, *, host: str, port: int, base_url: str) -> int:
    """Returns when the server was told to stop: 0, or 3 where it could not start."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http="httptools",
        loop="uvloop",
        ws="wsproto",
        ws_max_size=FRAME_BYTES,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=75,
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = AnnouncingServer(config, base_url)
    server.run()
    return 0 if server.started else 3


class AnnouncingServer(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, base_url: str) -> None:
        super().__init__(config)
        self._base_url = base_url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            log.info("ready: open %s", self._base_url)
