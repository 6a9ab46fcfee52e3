"""One look at all sockets, every second: whose lease is over, and who does not read."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from itertools import islice

from latchstring.core.lease import LeaseState, decide_lease
from latchstring.errors import Unavailable
from latchstring.live.close_codes import LEASE_LAPSED, NOT_READING, SESSION_ENDED
from latchstring.live.connection import Connection
from latchstring.live.connections import Connections
from latchstring.ports import Clock
from latchstring.sessions import Sessions
from latchstring.settings import Settings

log = logging.getLogger("latchstring.live")

AT_ONCE = 16
"""So many rows are read at a time, however many leases fall due in one second."""


class Sweep:
    """Closes with 4408 whose lease is over, and with 1013 who does not read. One for a node."""

    def __init__(
        self,
        connections: Connections,
        sessions: Sessions,
        *,
        settings: Settings,
        clock: Clock,
        interval: float = 1.0,
    ) -> None:
        self._connections = connections
        self._sessions = sessions
        self._clock = clock
        self._interval = interval
        self._window = 1000 * settings.rotation_window_seconds
        self._life = 1000 * settings.auth_token_seconds

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            sweeping = group.create_task(self._try_to_sweep())
            while True:
                await asyncio.sleep(self._interval)
                if sweeping.done():
                    sweeping = group.create_task(self._try_to_sweep())
                else:
                    # Rows take long where the database has trouble, and queues grow all the same.
                    self._close_slow_ones()

    async def _try_to_sweep(self) -> None:
        try:
            await self.sweep()
        except Unavailable as trouble:
            # Nothing is closed for it: every push is judged by its token anyway.
            log.warning("leases could not be read, and will be in a second: %s", type(trouble).__name__)
        except Exception:
            log.exception("sweeping the sockets failed, and goes on in a second")

    async def sweep(self) -> None:
        """Raises Unavailable; sockets that were not looked at are due still."""
        self._close_slow_ones()
        due: dict[str, list[Connection]] = {}
        now = self._clock()
        for connection in self._connections:
            if connection.look_again_at <= now:
                due.setdefault(connection.session_id, []).append(connection)
        for some in _batches(due):
            await asyncio.gather(*(self._look(session_id, due[session_id]) for session_id in some))

    def _close_slow_ones(self) -> None:
        for connection in self._connections:
            if connection.does_not_read():
                connection.close(NOT_READING, "what was sent is not being read")

    async def _look(self, session_id: str, connections: Sequence[Connection]) -> None:
        session = await self._sessions.newest(session_id)
        for connection in connections:
            now, shown_until = self._clock(), connection.session.expires_at
            lease = decide_lease(session, shown_until, now, window=self._window, life=self._life)
            if lease.state is LeaseState.HELD:
                connection.look_again_at = lease.look_again_at
            elif lease.state is LeaseState.LAPSED:
                connection.close(LEASE_LAPSED, "the auth token has expired")
            else:
                connection.close(SESSION_ENDED, lease.reason or "unknown")


def _batches(due: dict[str, list[Connection]]) -> Iterator[tuple[str, ...]]:
    sessions = iter(due)
    while some := tuple(islice(sessions, AT_ONCE)):
        yield some
