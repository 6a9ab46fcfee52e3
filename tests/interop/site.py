"""Somebody else's front end: a page with the stock client on its own origin, and a server that refreshes for it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.live.node import served

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGES = ROOT / ".interop" / "node_modules"
PAGE_WITH_CLIENT = ROOT / "docs" / "how-to" / "write-a-client.md"


def documented_client() -> str:
    """The JavaScript of the how-to, as it stands there."""
    [client] = re.findall(r"^```js\n(.*?)^```$", PAGE_WITH_CLIENT.read_text(), re.MULTILINE | re.DOTALL)
    return str(client)


@dataclass
class Site:
    url: str
    api: str = ""
    """The API tier that its server speaks to; known when that has started."""


@asynccontextmanager
async def open_site() -> AsyncIterator[Site]:
    files = {
        "/": ("text/html", (HERE / "page.html").read_text()),
        "/driver.mjs": ("text/javascript", (HERE / "driver.mjs").read_text()),
        "/client.mjs": ("text/javascript", documented_client()),
        "/phoenix.mjs": ("text/javascript", (PACKAGES / "phoenix" / "priv" / "static" / "phoenix.mjs").read_text()),
    }

    async def file(request: Request) -> Response:
        kind, text = files[request.url.path]
        return Response(text, media_type=kind)

    async def refresh(request: Request) -> Response:
        async with httpx2.AsyncClient(base_url=site.api, trust_env=False, timeout=20) as client:
            answer = await client.post("/auth/refresh", json=await request.json())
        return Response(answer.content, answer.status_code, media_type="application/json")

    routes = [*(Route(path, file) for path in files), Route("/refresh", refresh, methods=["POST"])]
    async with served(Starlette(routes=routes), "wsproto") as port:
        site = Site(f"http://127.0.0.1:{port}")
        yield site
