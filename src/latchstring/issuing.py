"""What is handed out: a new session, and the pair of tokens that every sign-in and refresh answers with."""

import uuid
from dataclasses import dataclass, field

from latchstring.core import refresh_token
from latchstring.core.auth_token import AuthClaims, AuthTokens
from latchstring.core.device import device_name
from latchstring.core.keys import KeyRing
from latchstring.core.rotation import AfterPresentation
from latchstring.core.session import Session
from latchstring.ports import Entropy
from latchstring.settings import Settings


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from, as the session list shows it to its owner."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """What a sign-in or a refresh hands out. `expires_in` are whole seconds from now."""

    session_id: str
    subject: str
    remembered: bool
    auth_token: str = field(repr=False)
    auth_token_expires_in: int
    refresh_token: str = field(repr=False)
    refresh_token_expires_in: int


class Issuer:
    def __init__(self, *, key_ring: KeyRing, auth_tokens: AuthTokens, settings: Settings, entropy: Entropy) -> None:
        self._key_ring = key_ring
        self._auth_tokens = auth_tokens
        self._settings = settings
        self._entropy = entropy

    def new_session(self, subject: str, remembered: bool, visitor: Visitor, secret: bytes, now: int) -> Session:
        absolute = self._settings.refresh_absolute_seconds
        digest = refresh_token.digest(secret)
        return Session(
            id=str(uuid.UUID(bytes=self._entropy(16), version=4)),
            subject=subject,
            remembered=remembered,
            device=device_name(visitor.user_agent),
            address=visitor.address,
            inserted_at=now,
            last_seen_at=now,
            base_gen=0,
            base_hash=digest,
            head_gen=0,
            head_hash=digest,
            confirmed_at=now,
            head_at=now,
            handed_at=now,
            idle_until=now + 1000 * self._settings.idle_seconds(remembered),
            expires_at=None if absolute is None else now + 1000 * absolute,
        )

    def pair(self, session_id: str, row: Session | AfterPresentation, secret: bytes, now: int) -> TokenPair:
        """The pair of a row's head, whose secret only its bearer and this call ever see."""
        session_end = row.idle_until if row.expires_at is None else min(row.idle_until, row.expires_at)
        session_left = max(1, (session_end - now) // 1000)
        # No auth token outlives its session (but for the part of a second), whose end nothing else would announce.
        left = min(self._settings.auth_token_seconds, session_left)
        # Whole seconds, so a token may live for one less than it says; of the shortest lives, that would leave nothing.
        issued_at, begun = now // 1000, int(left < 60)
        claims = AuthClaims(row.subject, session_id, row.head_gen, issued_at, issued_at + left + begun)
        return TokenPair(
            session_id=session_id,
            subject=row.subject,
            remembered=row.remembered,
            auth_token=self._auth_tokens.sign(claims),
            auth_token_expires_in=left,
            refresh_token=refresh_token.encode(self._key_ring, session_id, row.head_gen, secret),
            refresh_token_expires_in=session_left,
        )
