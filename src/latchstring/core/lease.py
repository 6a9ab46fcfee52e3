"""The lease of a socket: how long one may stay open without showing a newer auth token."""

from dataclasses import dataclass
from enum import Enum

from latchstring.core.session import Session
from latchstring.errors import EndReason

GRACE = 60_000
"""Milliseconds between the end of a session's newest auth token and the end of its sockets."""


class LeaseState(Enum):
    HELD = "held"
    LAPSED = "lapsed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Lease:
    """What becomes of a socket. Nothing can change a held one before `look_again_at` (ms) but a sign-out."""

    state: LeaseState
    look_again_at: int = 0
    reason: EndReason | None = None


def decide_lease(session: Session | None, shown_until: int, now: int, *, window: int, life: int) -> Lease:
    """Whether a socket may stay. `shown_until` is the latest `exp` of the tokens that it has shown; all milliseconds.

    | row   | revoked | its newest auth token ended | answer                                  |
    |-------|---------|-----------------------------|-----------------------------------------|
    | none  |         | any                         | ENDED, unknown                          |
    | there | yes     | any                         | ENDED, the row's reason                 |
    | there | no      | more than a minute ago      | LAPSED                                  |
    | there | no      | a minute ago, or less       | HELD; look again when it is more        |
    | there | no      | not yet                     | HELD; look again a minute after its end |

    The newest token is the session's, not only one that this socket has shown: a client that renewed over HTTP and
    is idle is an honest one. The price: a stolen socket lives for as long as its session is refreshed.
    """
    if session is None:
        return Lease(LeaseState.ENDED, reason="unknown")
    if session.revoked_at is not None:
        return Lease(LeaseState.ENDED, reason=session.revoke_reason or "unknown")
    held_until = max(shown_until, _minted_until(session, window, life)) + GRACE
    if now > held_until:
        return Lease(LeaseState.LAPSED)
    return Lease(LeaseState.HELD, look_again_at=held_until + 1)


def _minted_until(session: Session, window: int, life: int) -> int:
    """When the newest auth token ends that the row can have handed out: repeats mint new ones within the window, and
    none outlives the session's absolute end."""
    end = session.head_at + window + life
    return end if session.expires_at is None else min(end, session.expires_at)
