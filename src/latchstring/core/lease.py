"""The lease of a socket: how long one may stay open without showing a newer auth token."""

from dataclasses import dataclass
from enum import Enum

from latchstring.core.session import Session, end_of
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

    | session | its newest auth token ended | answer                                             |
    |---------|-----------------------------|----------------------------------------------------|
    | over    | any                         | ENDED, with the reason that `end_of` gives         |
    | lives   | more than a minute ago      | LAPSED                                             |
    | lives   | a minute ago, or less       | HELD; look again when it is more                   |
    | lives   | not yet                     | HELD; look again a minute after its end            |
    | lives   | any, if held                | but never later than when the session will be over |

    The newest token is the session's, not only one that this socket has shown: a client that renewed over HTTP and
    is idle is an honest one. The price: a stolen socket lives for as long as its session is refreshed.
    """
    reason = end_of(session, now)
    if session is None or reason is not None:
        return Lease(LeaseState.ENDED, reason=reason)
    held_until = max(shown_until, _minted_until(session, window, life)) + GRACE
    if now > held_until:
        return Lease(LeaseState.LAPSED)
    session_end = session.idle_until if session.expires_at is None else min(session.idle_until, session.expires_at)
    return Lease(LeaseState.HELD, look_again_at=min(held_until + 1, session_end))


def _minted_until(session: Session, window: int, life: int) -> int:
    """When the newest auth token ends that the row can have handed out: repeats mint new ones for a window after the
    head was last handed out (some are not noted, but the last that is comes before them by less than that)."""
    return max(session.head_at, session.handed_at) + window + life
