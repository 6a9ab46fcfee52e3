"""The open sockets of this node, by session: closing those of one session takes as long as its fastest client."""

import asyncio
from collections import deque
from collections.abc import Iterator

from latchstring.live.close_codes import DRAINING
from latchstring.live.connection import Connection

AT_ONCE = 25
"""So many closing frames are begun before others get their turn: thousands must not hold up a request, which takes some
ten turns."""


class Connections:
    """Which sockets a session has here. One for a node; only the guard writes to it."""

    def __init__(self) -> None:
        self._by_session: dict[str, set[Connection]] = {}
        self._condemned: deque[Connection] = deque()
        self._parting: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return sum(map(len, self._by_session.values()))

    def __iter__(self) -> Iterator[Connection]:
        for session_id in tuple(self._by_session):
            yield from tuple(self._by_session.get(session_id, ()))

    def register(self, connection: Connection) -> None:
        self._by_session.setdefault(connection.session_id, set()).add(connection)

    def unregister(self, connection: Connection) -> None:
        theirs = self._by_session.get(connection.session_id)
        if theirs is not None:
            theirs.discard(connection)
            if not theirs:
                del self._by_session[connection.session_id]

    def close_session(self, session_id: str, code: int, reason: str) -> int:
        """Closes the sockets of a session; how many. Returns at once: no frame passes any of them from here on, and
        their closing frames follow."""
        return self._close(tuple(self._by_session.get(session_id, ())), code, reason)

    def close_all(self, code: int = DRAINING, reason: str = "") -> int:
        return self._close(tuple(self), code, reason)

    async def drain(self, code: int = DRAINING, reason: str = "this node stops") -> None:
        """Closes all, and returns when each closing frame was written or given up."""
        self.close_all(code, reason)
        if self._parting is not None:
            await self._parting
        # Each in a task of its own already, so that waiting for them in turn is waiting for the slowest.
        for connection in self:
            if connection.condemned:
                await asyncio.wait((connection.part(),))

    def _close(self, those: tuple[Connection, ...], code: int, reason: str) -> int:
        condemned = [connection for connection in those if connection.condemn(code, reason)]
        self._condemned.extend(condemned)
        if condemned and (self._parting is None or self._parting.done()):
            self._parting = asyncio.create_task(self._part())
        return len(condemned)

    async def _part(self) -> None:
        """One for all that are condemned, however many sessions they are of: together they leave others their turn."""
        while self._condemned:
            for _ in range(min(AT_ONCE, len(self._condemned))):
                self._condemned.popleft().part()
            await asyncio.sleep(0)
