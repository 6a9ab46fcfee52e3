"""Who may open a socket: judged before it is accepted, cheap checks first, at the cost of nobody's address."""

from starlette.types import Receive, Scope, Send

from latchstring.errors import CrossOrigin
from latchstring.live.connection import Connection
from latchstring.live.connections import Connections
from latchstring.live.handshake import decide_origin, read_handshake, strip_tokens
from latchstring.live.limits import Limits
from latchstring.live.wire_log import keep_wire_out_of_logs
from latchstring.ports import Clock
from latchstring.revocations import DenySet
from latchstring.sessions import Sessions
from latchstring.settings import Settings


class Admission:
    """One for a node, shared by every guard of it."""

    def __init__(
        self,
        sessions: Sessions,
        connections: Connections,
        deny_set: DenySet,
        *,
        settings: Settings,
        clock: Clock,
        limits: Limits | None = None,
    ) -> None:
        self._sessions = sessions
        self._connections = connections
        self._deny_set = deny_set
        self._clock = clock
        self._limits = limits or Limits()
        self._origins = (settings.base_url, *settings.allowed_origins)
        keep_wire_out_of_logs()

    async def admit(self, scope: Scope, receive: Receive, send: Send) -> Connection:
        """A registered connection, for a handshake that is all right. Raises Refused or Unavailable."""
        try:
            shown = read_handshake(scope)
        finally:
            strip_tokens(scope)
        if not decide_origin(shown.origins, self._origins):
            raise CrossOrigin
        connection = Connection(
            await self._sessions.authenticate(shown.token),
            receive,
            send,
            sessions=self._sessions,
            deny_set=self._deny_set,
            clock=self._clock,
            limits=self._limits,
            subprotocol=shown.subprotocol,
        )
        self._register(connection)
        return connection

    def _register(self, connection: Connection) -> None:
        """Registers, and then looks at the deny-set again: a session that ended since it was authenticated is either
        in there by now, or its end will find the socket registered."""
        self._connections.register(connection)
        try:
            self._deny_set.check(connection.session_id)
        except BaseException:
            self._connections.unregister(connection)
            raise

    def forget(self, connection: Connection) -> None:
        self._connections.unregister(connection)
