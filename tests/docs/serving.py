"""A real server for an example, and the client of a stranger who follows it."""

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

# What the examples take for their own address, and what a browser says with each POST.
OURS = "http://localhost:8000"
PASSWORD = "nine green herons wading"


@dataclass
class Served:
    port: int
    client: httpx2.AsyncClient

    def dial(self, path: str, token: str | None = None) -> connect:
        query = "" if token is None else f"?token={token}"
        return connect(f"ws://127.0.0.1:{self.port}{path}{query}", compression=None, proxy=None)

    async def register(self, email: str = "ada@example.org") -> dict[str, Any]:
        """As a page does it, through the web tier: the refresh token stays in the cookie."""
        answer = await self.client.post("/auth/register", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        assert "refresh_token" not in answer.json()
        payload: dict[str, Any] = answer.json()
        return payload


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[Served]:
    config = uvicorn.Config(app, log_config=None, log_level="warning", ws="wsproto", timeout_graceful_shutdown=1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        # Without serve(), which takes over the signals of the process.
        await server.startup(sockets=[listening])
        assert server.started
        try:
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={"Origin": OURS}) as client:
                yield Served(port, client)
        finally:
            await server.shutdown(sockets=[listening])


def bearer(signed_in: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {signed_in['auth_token']}"}


async def closing(client: ClientConnection) -> tuple[int, str]:
    """Reads to the end; the code and the reason that the server closed with."""
    try:
        while True:
            await client.recv()
    except ConnectionClosed:
        return client.close_code or 0, client.close_reason or ""
