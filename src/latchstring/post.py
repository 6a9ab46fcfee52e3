"""Mails behind answers: whoever asked is answered first, and how a mail fares changes no answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from latchstring.errors import Unavailable

log = logging.getLogger("latchstring.letters")

POST_LIMIT = 1000
"""Mails that may be under way behind answers that have been given."""
DRAIN_SECONDS = 3.0
"""A mailer that hangs does not keep a node from stopping for longer."""


class Post:
    def __init__(self) -> None:
        self._posted: set[asyncio.Task[None]] = set()

    def send(self, what: str, account_id: str, sending: Callable[[], Awaitable[None]]) -> None:
        """What fails later is logged. Raises Unavailable where too many are under way; nothing is then sent."""
        if len(self._posted) >= POST_LIMIT:
            raise Unavailable("Too many mails are under way.")
        task = asyncio.create_task(self._quietly(what, account_id, sending))
        self._posted.add(task)
        task.add_done_callback(self._posted.discard)

    async def drain(self) -> None:
        """Returns when all that was posted has been sent, or has failed, or is given up."""
        if not self._posted:
            return
        _, hanging = await asyncio.wait(self._posted, timeout=DRAIN_SECONDS)
        for task in hanging:
            task.cancel()
        if hanging:
            log.warning("%d mails were given up: this node stops", len(hanging))

    async def _quietly(self, what: str, account_id: str, sending: Callable[[], Awaitable[None]]) -> None:
        try:
            await sending()
        except Exception as trouble:  # noqa: BLE001
            # A mailer is somebody else's code, and the words of its errors may quote a letter, token and all.
            log.warning("a mail (%s) for account %s was not sent: %s", what, account_id, type(trouble).__name__)
