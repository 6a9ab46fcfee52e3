"""The life of a session: start, refresh, authenticate, end. The only sequences of I/O around the rotation.

Each use case gathers (row, now, fresh bytes), lets the core decide, and has the store apply it in one write.
"""

import logging
from collections.abc import Callable, Sequence

import msgspec

from latchstring.core import refresh_token
from latchstring.core.auth_token import AuthTokens
from latchstring.core.keys import KeyRing
from latchstring.core.refresh_token import RefreshToken
from latchstring.core.rotation import (
    NOTE_LENGTH,
    AfterPresentation,
    FirstUse,
    Presentation,
    RotationPath,
    decide_first_use,
    read_path,
)
from latchstring.core.session import Session, end_of
from latchstring.errors import EndReason, InvalidAuthToken, NotFound, Retry, SessionEnded, Superseded
from latchstring.issuing import Issuer, TokenPair, Visitor
from latchstring.ports import Clock, Entropy, SessionStore, Statement
from latchstring.revocations import DenySet
from latchstring.settings import Settings
from latchstring.throttling import Throttling

log = logging.getLogger("latchstring.sessions")


class SignedIn(msgspec.Struct, frozen=True, gc=False):
    """Whoever a live auth token speaks for. `expires_at` is the token's end in Unix milliseconds."""

    subject: str
    session_id: str
    generation: int
    expires_at: int


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
        entropy: Entropy,
        throttling: Throttling | None = None,
    ) -> None:
        self._store = store
        self._issuer = issuer
        self._auth_tokens = auth_tokens
        self._key_ring = key_ring
        self._deny_set = deny_set
        self._settings = settings
        self._clock = clock
        self._entropy = entropy
        self._throttling = throttling
        self._when_replayed: list[Callable[[str, str], None]] = []
        self._used: dict[bytes, SignedIn] = {}
        # Tokens of given-up generations matter for one token life, in which a head is minted at most once per window.
        mintings = settings.auth_token_seconds // settings.rotation_window_seconds + 1
        self._condemned_limit = NOTE_LENGTH * min(mintings, 1024)

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
        ended = self._decode(replaces) if replaces else None
        session = self._issuer.new_session(subject, remembered, visitor, secret, now)
        await self._store.insert_session(session, ends=ended.session_id if ended else None, also=also)
        if ended:
            self._deny_set.add(ended.session_id, "signed_out")
        return self._issuer.pair(session.id, session, secret, now)

    async def refresh(self, token: str, visitor: Visitor) -> TokenPair:
        """The next pair for a refresh token (RFC 9700 section 4.14.2, with repeats of a lost answer served).

        Raises SessionEnded, Retry (a newer token is there already), TooManyRequests or StoreUnavailable; then nothing
        was spent.
        """
        shown = self._decode(token)
        if shown is None:
            raise SessionEnded("unknown")
        if self._throttling is not None:
            self._throttling.presentation(shown.session_id, visitor.address)
        now, fresh = self._clock(), self._entropy(32)
        presentation = self._presentation(shown, fresh, visitor, now)
        after = await self._store.present(presentation)
        path = read_path(presentation, after)
        if after is None or path is RotationPath.UNKNOWN:
            raise SessionEnded(await self._why_ended(shown, now))
        if path is RotationPath.REPLAY:
            self._note_replay(shown, after)
            raise SessionEnded("replayed")
        if path is RotationPath.STALE:
            raise Retry
        if path is RotationPath.REPEAT and after.sealed is not None:
            fresh = refresh_token.unseal(shown.secret, shown.session_id, after.sealed)
        secret = shown.secret if path is RotationPath.COALESCE else fresh
        return self._issuer.pair(shown.session_id, after, secret, now)

    def when_replayed(self, tell: Callable[[str, str], None]) -> None:
        """`tell(subject, session_id)` is called once for each session that a replay has ended, by the node that found
        it out. The refusal waits for it, so it starts what takes time; what it raises is logged, and changes nothing.
        """
        self._when_replayed.append(tell)

    async def authenticate(self, auth_token: str | bytes) -> SignedIn:
        """Who a bearer is. The first use of a token on this node proves that its refresh answer arrived.

        Raises InvalidAuthToken, Superseded, or Unavailable where this node cannot know.
        """
        payload = self._auth_tokens.signed_payload(auth_token)
        if payload is None:
            raise InvalidAuthToken
        now, signed_in = self._clock(), self._used.get(payload)
        if signed_in is None:
            return await self._first_use(payload, now)
        if signed_in.expires_at <= now:
            raise InvalidAuthToken
        self._deny_set.check(signed_in.session_id)
        return signed_in

    async def end(self, session_id: str, reason: EndReason = "signed_out") -> None:
        """Ends a session, everywhere; no trouble where it has ended already."""
        await self._store.end_session(session_id, reason, self._clock())
        self._deny_set.add(session_id, reason)

    async def end_presented(self, token: str) -> None:
        """Ends the session of a refresh token, which is authority enough, of whatever generation it is.

        What is no refresh token of ours has no session to end.
        """
        shown = self._decode(token)
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
        shown = self._decode(token)
        session = await self._store.session(shown.session_id) if shown else None
        if shown is None or session is None or end_of(session, self._clock()) is not None:
            return None
        held = {session.base_gen: session.base_hash, session.head_gen: session.head_hash}
        return session if held.get(shown.generation) == refresh_token.digest(shown.secret) else None

    def _decode(self, token: str) -> RefreshToken | None:
        return refresh_token.decode(self._key_ring, token)

    def _presentation(self, shown: RefreshToken, fresh: bytes, visitor: Visitor, now: int) -> Presentation:
        settings = self._settings
        return Presentation(
            session_id=shown.session_id,
            generation=shown.generation,
            digest=refresh_token.digest(shown.secret),
            fresh_digest=refresh_token.digest(fresh),
            fresh_sealed=refresh_token.seal(shown.secret, shown.session_id, self._entropy(16), fresh),
            address=visitor.address,
            now=now,
            window=1000 * settings.rotation_window_seconds,
            straggler=1000 * settings.straggler_seconds,
            idle=1000 * settings.refresh_idle_seconds,
            unremembered_idle=1000 * settings.unremembered_idle_seconds,
            rotation=settings.rotation,
            condemned_limit=self._condemned_limit,
        )

    async def _why_ended(self, shown: RefreshToken, now: int) -> EndReason:
        session = await self._store.session(shown.session_id)
        reason = end_of(session, now)
        if reason is None:
            # Genuine, live, and yet not ours: the row is older than the token. Nobody's sign-in ends for it.
            log.critical("a genuine refresh token is newer than its session: was the database restored?")
        return reason or "unknown"

    def _note_replay(self, shown: RefreshToken, after: AfterPresentation) -> None:
        self._deny_set.add(shown.session_id, "replayed")
        log.warning("session %s of %s ended: a spent refresh token was presented", shown.session_id, after.subject)
        for tell in self._when_replayed:
            try:
                tell(after.subject, shown.session_id)
            except Exception as trouble:  # noqa: BLE001
                # Whatever becomes of the news, a replay is answered by the one refusal that it has.
                log.error("nobody was told of a replay: %s", type(trouble).__name__)  # noqa: TRY400

    async def _first_use(self, payload: bytes, now: int) -> SignedIn:
        """Reads the row once per token and node: a restarted node learns here of sessions that ended while it slept."""
        claims = self._auth_tokens.read(payload, now)
        # Whoever stole a key could forge one for years; the deny-set forgets a session after one token life.
        if claims is None or claims.expires_at - claims.issued_at > self._settings.auth_token_seconds + 1:
            raise InvalidAuthToken
        self._deny_set.check(claims.session_id)
        for _ in range(2):
            session = await self._store.session(claims.session_id)
            if session is None or session.revoked_at is not None or session.subject != claims.subject:
                raise InvalidAuthToken
            use = decide_first_use(session, claims.generation)
            if use is FirstUse.CONDEMNED:
                raise Superseded
            if use is FirstUse.IMPOSSIBLE:
                raise InvalidAuthToken
            # A confirmation that changes nothing lost a race: read again, the head may have been given up.
            if use is FirstUse.FINE or await self._store.confirm(claims.session_id, claims.generation, now):
                break
        else:
            raise Superseded
        self._forget_expired(now)
        signed_in = SignedIn(claims.subject, claims.session_id, claims.generation, claims.expires_at * 1000)
        # What a token says is known by its payload from here on. Its signature is verified each time: a payload that
        # anybody could write, or that was kept here when its session ended, lets nobody in.
        self._used[payload] = signed_in
        return signed_in

    def _forget_expired(self, now: int) -> None:
        while self._used:
            oldest = next(iter(self._used))
            if self._used[oldest].expires_at > now:
                return
            del self._used[oldest]
