"""Says to the operator that somebody has opened the pages at an address where they are not at home: the browser is
refused there, and nothing else would tell why."""

import logging
import re
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVERY_SECONDS = 60.0
"""Whoever likes can send what is refused here: the log must not be theirs to fill."""

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-:\[\]]{1,120}")

log = logging.getLogger("chat.address")


class WrongAddress:
    """Around the tiers. `base_url` is where the pages are at home; from `others` the socket may be opened, too."""

    def __init__(self, app: ASGIApp, *, base_url: str, others: tuple[str, ...], monotonic: Callable[[], float]) -> None:
        self._app = app
        self._base_url = base_url
        self._ours = {each.lower() for each in (base_url, *others)}
        self._monotonic = monotonic
        self._next = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _origin_of(scope)
        if origin is None or origin.lower() in self._ours:
            await self._app(scope, receive, send)
            return

        is_first = True

        async def look(message: Message) -> None:
            nonlocal is_first
            if is_first and _is_refusal(message):
                self._tell(origin)
            is_first = False
            await send(message)

        await self._app(scope, receive, look)

    def _tell(self, origin: str) -> None:
        now = self._monotonic()
        if now < self._next:
            return
        self._next = now + EVERY_SECONDS
        log.warning(
            "a page at %s was refused: the chat is at %s. If it was opened there on purpose, set CHAT_BASE_URL "
            "(docs/how-to/try-it-on-a-lan.md)",
            # What a browser sends; anything else is a stranger's text.
            origin if _ORIGIN.fullmatch(origin) else "an address that is none",
            self._base_url,
        )


def _origin_of(scope: Scope) -> str | None:
    if scope["type"] not in ("http", "websocket"):
        return None
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"), None)


def _is_refusal(first: Message) -> bool:
    """Of a call, or of a handshake, which is a close before any accept."""
    is_refused_call = first["type"] == "http.response.start" and first["status"] == 403
    return bool(is_refused_call or first["type"] == "websocket.close")
