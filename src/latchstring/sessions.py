"""The life of a session: start, refresh, authenticate, end. The front of the two that have a file of their own."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from latchstring.authenticating import Authenticating, SignedIn
from latchstring.core import refresh_token
from latchstring.core.auth_token import AuthTokens
from latchstring.core.keys import KeyRing
from latchstring.core.session import Session, end_of
from latchstring.errors import EndReason, NotFound
from latchstring.issuing import Issuer, TokenPair, Visitor
from latchstring.ports import Clock, Entropy, SessionStore, Statement
from latchstring.refreshing import Refreshing, read_refresh_token
from latchstring.revocations import DenySet
from latchstring.settings import Settings
from latchstring.standstill import Standstill
from latchstring.throttling import Throttling


class Sessions:
    """The use cases. `subject` is whatever an app calls its users; auth tokens are handed out and stored nowhere."""

    def __init__(
        self,
        store: SessionStore,
        *,
        issuer: Issuer,
        auth_tokens: AuthTokens,
        key_ring: KeyRing,
        deny_set: DenySet,
        settings: Settings,
        clock: Clock,
        monotonic: Clock,
        entropy: Entropy,
        throttling: Throttling | None = None,
        standstill: Standstill | None = None,
    ) -> None:
        self._store = store
        self._issuer = issuer
        self._key_ring = key_ring
        self._deny_set = deny_set
        self._clock = clock
        self._entropy = entropy
        self._refreshing = Refreshing(
            store,
            issuer=issuer,
            key_ring=key_ring,
            deny_set=deny_set,
            settings=settings,
            clock=clock,
            entropy=entropy,
            throttling=throttling,
            standstill=standstill,
        )
        self._authenticating = Authenticating(
            store, auth_tokens=auth_tokens, deny_set=deny_set, settings=settings, clock=clock, monotonic=monotonic
        )

    async def start(
        self,
        subject: str,
        *,
        remembered: bool,
        visitor: Visitor,
        replaces: str | None = None,
        also: Sequence[Statement] = (),
    ) -> TokenPair:
        """A new session. `replaces` is a refresh token whose session ends in the same write, as do the rows in `also`
        come into being. Raises Conflict (from `also`) or StoreUnavailable; nothing is then half done."""
        now, secret = self._clock(), self._entropy(32)
        ended = refresh_token.decode(self._key_ring, replaces) if replaces else None
        session = self._issuer.new_session(subject, remembered, visitor, secret, now)
        await self._store.insert_session(session, ends=ended.session_id if ended else None, also=also)
        if ended:
            self._deny_set.add(ended.session_id, "signed_out")
        return self._issuer.pair(session.id, session, secret, now)

    async def refresh(self, token: str, visitor: Visitor) -> TokenPair:
        """The next pair for a refresh token (RFC 9700 section 4.14.2, with repeats of a lost answer served).

        Raises SessionEnded, Retry (a newer token is there already), TooManyRequests or Unavailable; then nothing was
        spent.
        """
        return await self._refreshing.refresh(token, visitor)

    def when_replayed(self, tell: Callable[[str, str], None]) -> None:
        """`tell(subject, session_id)` is called once for each session that a replay has ended, by the node that found
        it out. The refusal waits for it, so it starts what takes time; what it raises is logged, and changes nothing.
        """
        self._refreshing.when_replayed(tell)

    def authenticate(self, auth_token: str | bytes) -> Coroutine[Any, Any, SignedIn]:
        """Who a bearer is. The first use of a token on this node proves that its refresh answer arrived.

        Raises InvalidAuthToken, Superseded, or Unavailable where this node cannot know.
        """
        return self._authenticating.authenticate(auth_token)

    async def end(self, session_id: str, reason: EndReason = "signed_out") -> None:
        """Ends a session, everywhere; no trouble where it has ended already."""
        await self._store.end_session(session_id, reason, self._clock())
        self._deny_set.add(session_id, reason)

    async def end_presented(self, token: str) -> None:
        """Ends the session of a refresh token, which is authority enough, of whatever generation it is.

        What is no refresh token of ours has no session to end. Raises Unavailable.
        """
        shown = read_refresh_token(self._key_ring, token)
        if shown is not None:
            await self.end(shown.session_id)

    async def end_one(self, subject: str, session_id: str, reason: EndReason = "signed_out_elsewhere") -> None:
        """Ends one session of a subject. Raises NotFound where it is not theirs."""
        if await self._store.end_session(session_id, reason, self._clock(), subject=subject):
            self._deny_set.add(session_id, reason)
            return
        session = await self._store.session(session_id)
        if session is None or session.subject != subject:
            raise NotFound

    async def end_all(
        self,
        subject: str,
        *,
        reason: EndReason = "signed_out_elsewhere",
        but: str | None = None,
        also: Sequence[Statement] = (),
    ) -> int:
        """Ends every session of a subject but one, and writes `also` with it; how many it ended."""
        ended = await self._store.end_sessions(subject, reason, self._clock(), but=but, also=also)
        for session_id in ended:
            self._deny_set.add(session_id, reason)
        return len(ended)

    async def list(self, subject: str) -> list[Session]:
        """The subject's live sessions, the most recently seen first."""
        return await self._store.sessions_of(subject, self._clock())

    async def newest(self, session_id: str) -> Session | None:
        """The session's row as it is now: what the lease of a socket is judged by."""
        return await self._store.session(session_id)

    async def peek(self, token: str) -> Session | None:
        """The live session of a refresh token that would still be served. Spends nothing, so any GET may ask."""
        shown = refresh_token.decode(self._key_ring, token)
        session = await self._store.session(shown.session_id) if shown else None
        if shown is None or session is None or end_of(session, self._clock()) is not None:
            return None
        held = {session.base_gen: session.base_hash, session.head_gen: session.head_hash}
        return session if held.get(shown.generation) == refresh_token.digest(shown.secret) else None
