"""A socket with somebody behind it: what the guard hands to the app as `scope["latchstring"]`."""

from starlette.types import Receive, Send

from latchstring.authenticating import SignedIn
from latchstring.core.lease import GRACE
from latchstring.errors import InvalidAuthToken
from latchstring.live.limits import Limits
from latchstring.live.wire import Wire
from latchstring.ports import Clock
from latchstring.revocations import DenySet
from latchstring.sessions import Sessions


class Connection(Wire):
    """`session` is what the newest auth token says that this socket has shown; the token itself is not kept."""

    __slots__ = ("_clock", "_deny_set", "_sessions", "look_again_at", "session")

    def __init__(
        self,
        session: SignedIn,
        receive: Receive,
        send: Send,
        *,
        sessions: Sessions,
        deny_set: DenySet,
        clock: Clock,
        limits: Limits,
        subprotocol: str | None = None,
    ) -> None:
        super().__init__(receive, send, limits, subprotocol)
        self.session = session
        self.look_again_at = session.expires_at + GRACE + 1
        self._sessions = sessions
        self._deny_set = deny_set
        self._clock = clock

    @property
    def session_id(self) -> str:
        return self.session.session_id

    async def authorise(self, token: str | None = None) -> SignedIn:
        """Who may do this: by the token that came with it, or else by the newest that this socket has shown.

        Raises InvalidAuthToken where it is expired, revoked or another subject's; Unavailable where this node cannot
        know.
        """
        if token is None:
            return self._still_signed_in()
        signed_in = await self._sessions.authenticate(token)
        if signed_in.subject != self.session.subject:
            raise InvalidAuthToken
        self._note(signed_in)
        return signed_in

    async def renew(self, token: str) -> SignedIn:
        """Shows a newer auth token of the same session, for all that comes after. Raises as `authorise` does."""
        signed_in = await self.authorise(token)
        if signed_in.session_id != self.session_id:
            # Saying yes would promise what cannot be kept: this socket ends with the session that it began with.
            raise InvalidAuthToken
        return signed_in

    def _still_signed_in(self) -> SignedIn:
        if self.session.expires_at <= self._clock():
            raise InvalidAuthToken
        self._deny_set.check(self.session_id)
        return self.session

    def _note(self, signed_in: SignedIn) -> None:
        if signed_in.session_id == self.session_id and signed_in.expires_at > self.session.expires_at:
            self.session = signed_in
