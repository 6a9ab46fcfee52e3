"""The web tier in a process of its own."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from latchstring.database_clock import monotonic_clock
from latchstring.http import ErrorPage, OverHttp, build_web_tier
from latchstring.key_file import load_or_create_key_ring
from latchstring.ports import Entropy
from latchstring.settings import Settings
from latchstring.standstill import Standstill


def web_tier_over_http(
    api_url: str,
    *,
    settings: Settings,
    secrets: Path,
    pages: Sequence[BaseRoute] = (),
    page_errors: Mapping[int, ErrorPage] | None = None,
    entropy: Entropy = os.urandom,
) -> Starlette:
    """A web tier that runs alone: no database, only the address of an API tier and a secrets file of its own."""
    api = OverHttp(api_url, key=settings.web_tier_key)
    standstill = Standstill(monotonic_clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        beating = asyncio.create_task(standstill.run())
        try:
            yield
        finally:
            beating.cancel()
            await api.close()

    return build_web_tier(
        api,
        settings=settings,
        key_ring=load_or_create_key_ring(secrets, entropy),
        entropy=entropy,
        pages=pages,
        page_errors=page_errors,
        lifespan=lifespan,
        standstill=standstill,
    )
