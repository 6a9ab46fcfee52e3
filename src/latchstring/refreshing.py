"""Presenting a refresh token: gathers the row, the time and fresh bytes, and has the store decide and apply in one
write what the core says."""

import logging
from collections.abc import Callable

from latchstring.core import refresh_token
from latchstring.core.condemned import condemned_limit
from latchstring.core.keys import KeyRing
from latchstring.core.refresh_token import RefreshToken
from latchstring.core.rotation import AfterPresentation, Presentation, RotationPath, read_path
from latchstring.core.session import end_of
from latchstring.errors import EndReason, NewerKey, Retry, SessionEnded, StoreUnavailable
from latchstring.issuing import Issuer, TokenPair, Visitor
from latchstring.ports import Clock, Entropy, SessionStore
from latchstring.revocations import DenySet
from latchstring.settings import Settings
from latchstring.standstill import Standstill
from latchstring.throttling import Throttling

log = logging.getLogger("latchstring.sessions")


def read_refresh_token(ring: KeyRing, token: str) -> RefreshToken | None:
    """What a refresh token of ours says, live or not. Raises NewerKey where this node cannot know."""
    shown = refresh_token.decode(ring, token)
    if shown is None and refresh_token.is_ahead(ring, token):
        raise NewerKey
    return shown


class Refreshing:
    def __init__(
        self,
        store: SessionStore,
        *,
        issuer: Issuer,
        key_ring: KeyRing,
        deny_set: DenySet,
        settings: Settings,
        clock: Clock,
        entropy: Entropy,
        throttling: Throttling | None,
        standstill: Standstill | None,
    ) -> None:
        self._store = store
        self._issuer = issuer
        self._key_ring = key_ring
        self._deny_set = deny_set
        self._settings = settings
        self._clock = clock
        self._entropy = entropy
        self._throttling = throttling
        self._standstill = standstill
        self._when_replayed: list[Callable[[str, str], None]] = []

    def when_replayed(self, tell: Callable[[str, str], None]) -> None:
        self._when_replayed.append(tell)

    async def refresh(self, token: str, visitor: Visitor) -> TokenPair:
        """Raises SessionEnded, Retry, TooManyRequests or Unavailable; then nothing was spent."""
        shown = read_refresh_token(self._key_ring, token)
        if shown is None:
            raise SessionEnded("unknown")
        if self._standstill is not None:
            self._standstill.check()
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
        if path is RotationPath.REPEAT:
            if after.sealed is None:
                raise StoreUnavailable("a pending head without its sealed successor: the row was changed by others")
            fresh = refresh_token.unseal(shown.secret, shown.session_id, after.sealed)
        secret = shown.secret if path is RotationPath.COALESCE else fresh
        return self._issuer.pair(shown.session_id, after, secret, now)

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
            # Shorter than the window, it would take an honest tab that comes late for a thief.
            straggler=1000 * max(settings.straggler_seconds, settings.rotation_window_seconds),
            idle=1000 * settings.refresh_idle_seconds,
            unremembered_idle=1000 * settings.unremembered_idle_seconds,
            rotation=settings.rotation,
            condemned_limit=condemned_limit(settings.auth_token_seconds, settings.rotation_window_seconds),
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
