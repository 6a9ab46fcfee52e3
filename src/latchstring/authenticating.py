"""Who calls: asked on every request, so what a token says is read once, and its signature is checked every time."""

from collections.abc import Callable

import msgspec

from latchstring.core.auth_token import AuthClaims, AuthTokens
from latchstring.core.condemned import condemned_limit
from latchstring.core.first_use import FirstUse, decide_first_use
from latchstring.errors import InvalidAuthToken, NewerKey, Superseded
from latchstring.ports import Clock, SessionStore
from latchstring.revocations import DenySet
from latchstring.settings import Settings


class SignedIn(msgspec.Struct, frozen=True, gc=False):
    """Whoever a live auth token speaks for. `expires_at` is the token's end in Unix milliseconds."""

    subject: str
    session_id: str
    generation: int
    expires_at: int


class Authenticating:
    """`clock` tells Unix milliseconds; `monotonic` counts milliseconds and never jumps."""

    def __init__(
        self,
        store: SessionStore,
        *,
        auth_tokens: AuthTokens,
        deny_set: DenySet,
        settings: Settings,
        clock: Clock,
        monotonic: Clock,
    ) -> None:
        self._store = store
        self._signed_payload: Callable[[str | bytes], bytes | None] = auth_tokens.signed_payload
        self._read = auth_tokens.read
        self._is_ahead = auth_tokens.is_ahead
        self._deny_set = deny_set
        self._life = settings.auth_token_seconds
        self._condemned_limit = condemned_limit(self._life, settings.rotation_window_seconds)
        self._clock = clock
        self._monotonic = monotonic
        # By payload, which is no credential: what was read there, and until when on the monotonic clock it is believed.
        self._known: dict[bytes, tuple[SignedIn, int]] = {}

    async def authenticate(self, auth_token: str | bytes) -> SignedIn:
        """Raises InvalidAuthToken, Superseded, or Unavailable where this node cannot know."""
        payload = self._signed_payload(auth_token)
        if payload is None:
            raise NewerKey if self._is_ahead(auth_token) else InvalidAuthToken
        known = self._known.get(payload)
        if known is None or known[1] <= self._monotonic():
            return await self._first_use(payload)
        signed_in = known[0]
        if signed_in.expires_at <= self._clock():
            raise InvalidAuthToken
        self._deny_set.check(signed_in.session_id)
        return signed_in

    async def _first_use(self, payload: bytes) -> SignedIn:
        """Reads the row once per token and node: a restarted node learns here of sessions that ended while it slept."""
        now = self._clock()
        claims = self._read(payload, now)
        # Whoever stole a key could forge one for years; the deny-set forgets a session after one token life.
        if claims is None or claims.expires_at - claims.issued_at > self._life + 1:
            raise InvalidAuthToken
        self._deny_set.check(claims.session_id)
        await self._confirm(claims, now)
        signed_in = SignedIn(claims.subject, claims.session_id, claims.generation, claims.expires_at * 1000)
        self._remember(payload, signed_in, now)
        return signed_in

    async def _confirm(self, claims: AuthClaims, now: int) -> None:
        """Holds the token against its session's row, and proves there that the answer with it has arrived."""
        for _ in range(2):
            session = await self._store.session(claims.session_id)
            if session is None or session.revoked_at is not None or session.subject != claims.subject:
                raise InvalidAuthToken
            use = decide_first_use(session, claims.generation)
            if use is FirstUse.CONDEMNED:
                raise Superseded
            if use is FirstUse.IMPOSSIBLE:
                raise InvalidAuthToken
            if use is FirstUse.FINE:
                return
            # A confirmation that changes nothing lost a race: read again, the head may have been given up.
            proved = self._store.confirm(claims.session_id, claims.generation, now, self._condemned_limit)
            if await proved:
                return
        raise Superseded

    def _remember(self, payload: bytes, signed_in: SignedIn, now: int) -> None:
        """For as long as the token lives, by a clock that nobody sets: a wall clock that is set back would give a token
        more life than the deny-set, which counts by that clock, remembers that its session has ended."""
        monotonic = self._monotonic()
        while self._known:
            oldest = next(iter(self._known))
            if self._known[oldest][1] > monotonic:
                break
            del self._known[oldest]
        # Anew, and behind the others: the oldest come first.
        self._known.pop(payload, None)
        self._known[payload] = signed_in, monotonic + signed_in.expires_at - now
