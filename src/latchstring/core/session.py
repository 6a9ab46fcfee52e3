"""The session: one row for ever, from sign-in to sign-out."""

from dataclasses import dataclass, field

from latchstring.errors import EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in on one device. Times are Unix milliseconds; hashes are 32 bytes.

    `base` is the newest generation of the refresh token that is *proved received*, `head` the newest that was minted;
    they are equal when nothing is pending. `sealed` is the head's secret under the base's secret: neither is stored.
    `handed_at` is when the head was last handed out, at `head_at` or again since. A head is `contested` when it was
    minted while answers with the token before it may still have been under way.
    """

    id: str
    subject: str
    remembered: bool
    device: str
    address: str
    inserted_at: int
    last_seen_at: int
    base_gen: int
    base_hash: bytes = field(repr=False)
    head_gen: int
    head_hash: bytes = field(repr=False)
    sealed: bytes | None = field(repr=False, default=None)
    prev_gen: int = -1
    confirmed_at: int
    head_at: int
    handed_at: int = 0
    contested: bool = False
    condemned: str = ""
    idle_until: int
    expires_at: int | None
    revoked_at: int | None = None
    revoke_reason: EndReason | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """One row of the revocation feed: a session that ended, at its place in the order of endings."""

    position: int
    session_id: str
    subject: str
    reason: EndReason
    ended_at: int


def end_of(session: Session | None, now: int) -> EndReason | None:
    """Why a session is over at `now`, or None while it lives.

    | row     | revoked | idle_until | expires_at | answer             |
    |---------|---------|------------|------------|--------------------|
    | none    |         |            |            | unknown            |
    | there   | yes     | any        | any        | its revoke_reason  |
    | there   | no      | any        | reached    | expired            |
    | there   | no      | reached    | not        | idle               |
    | there   | no      | not        | not        | None               |
    """
    if session is None:
        return "unknown"
    if session.revoked_at is not None:
        return session.revoke_reason or "unknown"
    if session.expires_at is not None and session.expires_at <= now:
        return "expired"
    if session.idle_until <= now:
        return "idle"
    return None
