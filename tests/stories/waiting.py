"""Waiting for what comes to pass elsewhere, in another process, where nobody rings a bell."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable

import anyio


async def until(condition: Callable[[], object | Awaitable[object]], within: float = 20.0) -> None:
    """Returns when the condition is true. Fails after `within` seconds."""
    with anyio.fail_after(within):
        while True:
            answer = condition()
            if await answer if isawaitable(answer) else answer:
                return
            await anyio.sleep(0.02)
