"""A node that cannot know who was signed out has nobody to talk to.

Calls and pushes are refused there anyway (503), one by one. But a socket also hears, and what it hears may come by
another way than the database (a bus between nodes, say): whoever was signed out meanwhile would hear on for as long as
that is away.
"""

import asyncio
import logging

from latchstring.live.close_codes import TROUBLE
from latchstring.live.connections import Connections
from latchstring.revocations import DenySet
from latchstring.settings import Settings

log = logging.getLogger("latchstring.live")


class Silence:
    """Closes every socket of a node whose feed has been silent for too long; clients go to another node, or come back.

    A loop of its own, which asks nobody: the one that reads the feed may be waiting for the database just then.
    """

    def __init__(self, deny_set: DenySet, connections: Connections, *, settings: Settings) -> None:
        self._deny_set = deny_set
        self._connections = connections
        self._interval = settings.feed_poll_seconds / 2

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            if self._deny_set.silent():
                closed = self._connections.close_all(TROUBLE, "this node cannot know who is signed in")
                if closed:
                    log.warning("the revocation feed is silent: %d sockets are closed", closed)
            await asyncio.sleep(self._interval)
