"""Rotation: sealed successor, proof of receipt. Every change of the state machine is in this file.

A session holds the newest refresh token *proved received* (base) and the newest *minted* (head). Presenting either
is honest: the head is rotated; the base, as long as nobody has shown that its successor arrived, means that the
answer was lost, and gets a successor again. Showing the successor, or the auth token that came with it, proves
receipt: from then on an older token can only be a copy.

One more thing can go wrong with honest people: two answers overtake each other on their way to one cookie jar, and
the older cookie is kept. So a head that was minted while an older answer may still have been under way is contested:
only its own presentation, when all that has landed, proves it (docs/decisions/0002-contested-heads.md).
"""

from dataclasses import dataclass, field, replace
from enum import Enum

from latchstring.core.condemned import with_note
from latchstring.core.session import Session, end_of
from latchstring.errors import EndReason
from latchstring.settings import Rotation

PATIENCE = 3
"""In windows: for so long after its minting, each repeat of a head may prolong the time in which it is repeated.
A thief who repeats an old token all the time would otherwise keep that time open until the victim comes."""


class RotationPath(Enum):
    ROTATE = "rotate"
    COALESCE = "coalesce"
    REPEAT = "repeat"
    RECOVER = "recover"
    STALE = "stale"
    REPLAY = "replay"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """A genuine refresh token (its tag was right), and all that a store needs to answer it. Times in milliseconds."""

    session_id: str
    generation: int
    digest: bytes = field(repr=False)
    fresh_digest: bytes = field(repr=False)
    fresh_sealed: bytes = field(repr=False)
    address: str
    now: int
    window: int
    straggler: int
    idle: int
    unremembered_idle: int
    rotation: Rotation = "sealed"
    condemned_limit: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterPresentation:
    """The part of the row, after the write, that tells which path was taken."""

    subject: str
    remembered: bool
    base_gen: int
    head_gen: int
    head_hash: bytes = field(repr=False)
    sealed: bytes | None = field(repr=False)
    idle_until: int
    expires_at: int | None
    revoked_at: int | None
    revoke_reason: EndReason | None


def decide_rotation(session: Session | None, shown: Presentation) -> RotationPath:
    """Which way a presentation goes. g is the shown generation; W the window, S the time for stragglers.

    | # | g                  | hash  | head is      | strict | path     |
    |---|--------------------|-------|--------------|--------|----------|
    | 1 | head               | right | older than W | no     | ROTATE   |
    | 2 | head               | right | younger      | no     | COALESCE |
    | 3 | base < head        | right | handed out within W | no | REPEAT |
    | 4 | base < head        | right | handed out before   | no | RECOVER |
    | 5 | prev, within S     | any   | any          | no     | STALE    |
    | 5 | any other < head, shown before base was proved | any | any | no | STALE |
    | 6 | any other < head   | any   | any          | no     | REPLAY   |
    | 7 | head or base       | wrong | any          | any    | UNKNOWN  |
    | 7 | > head             | any   | any          | any    | UNKNOWN  |
    | 1 | head               | right | any          | yes    | ROTATE   |
    | 6 | any < head         | right | any          | yes    | REPLAY   |

    Shown before base was proved: on its way to the database for so long (its node gave it up, and it arrived all the
    same) that the token was good when it was shown: it is answered as one that came late.
    Sign-in mints generation 0 with its window closed, so that the first use always rotates.
    A session that is over, or that there is none of, is UNKNOWN: `end_of` has the reason. A wrong hash on a genuine
    tag, or a generation above the head, means that the database went back in time; nobody is punished for that.
    """
    if session is None or end_of(session, shown.now) is not None or shown.generation > session.head_gen:
        return RotationPath.UNKNOWN
    expected = {session.head_gen: session.head_hash, session.base_gen: session.base_hash}.get(shown.generation)
    if expected is not None and shown.digest != expected:
        return RotationPath.UNKNOWN
    if shown.rotation == "strict":
        return RotationPath.ROTATE if shown.generation == session.head_gen else RotationPath.REPLAY
    window_open = session.head_gen > 0 and shown.now - session.head_at <= shown.window
    if shown.generation == session.head_gen:
        return RotationPath.COALESCE if window_open else RotationPath.ROTATE
    if shown.generation == session.base_gen:
        under_way = shown.now - max(session.handed_at, session.head_at) <= shown.window
        return RotationPath.REPEAT if under_way else RotationPath.RECOVER
    if shown.generation == session.prev_gen and shown.now - session.confirmed_at <= shown.straggler:
        return RotationPath.STALE
    return RotationPath.STALE if shown.now < session.confirmed_at else RotationPath.REPLAY


def apply_rotation(session: Session, shown: Presentation) -> Session:
    """The row after a presentation: what the stores' one UPDATE has to do, said in values.

    ROTATE moves base to the head (a pending head was just proved), RECOVER leaves base and gives the old head up,
    COALESCE proves a pending head that is not contested, REPEAT notes that the head was handed out again (for three
    windows at most), REPLAY ends the session, and
    the others change nothing.
    """
    path = decide_rotation(session, shown)
    if path is RotationPath.REPLAY:
        return replace(session, revoked_at=shown.now, revoke_reason="replayed")
    if path in (RotationPath.STALE, RotationPath.UNKNOWN):
        return session
    if path is RotationPath.REPEAT:
        patient = shown.now - session.head_at <= PATIENCE * shown.window
        return replace(session, handed_at=shown.now) if patient else session
    proves = path is RotationPath.ROTATE or (path is RotationPath.COALESCE and not session.contested)
    proved = confirmed(session, shown.now, shown.condemned_limit) if proves else session
    if path is RotationPath.COALESCE:
        return replace(proved, handed_at=shown.now, last_seen_at=shown.now)
    return _minted(session, proved, shown, path)


def _minted(before: Session, proved: Session, shown: Presentation, path: RotationPath) -> Session:
    handed_again = before.handed_at > before.head_at and shown.now - before.handed_at <= shown.window
    idle = shown.idle if before.remembered else shown.unremembered_idle
    return replace(
        proved,
        head_gen=before.head_gen + 1,
        head_hash=shown.fresh_digest,
        sealed=shown.fresh_sealed,
        head_at=shown.now,
        handed_at=shown.now,
        contested=path is RotationPath.ROTATE and handed_again,
        idle_until=shown.now + idle,
        last_seen_at=shown.now,
        address=shown.address,
    )


def confirmed(session: Session, now: int, condemned_limit: int = 4096) -> Session:
    """The row once its pending head is proved received; the same row where nothing is pending."""
    if session.base_gen == session.head_gen:
        return session
    return replace(
        session,
        prev_gen=session.base_gen,
        base_gen=session.head_gen,
        base_hash=session.head_hash,
        sealed=None,
        contested=False,
        confirmed_at=now,
        condemned=with_note(session, condemned_limit),
    )


def read_path(shown: Presentation, after: AfterPresentation | None) -> RotationPath:
    """The path that a store's write has taken, read from the row after it. The inverse of `apply_rotation`."""
    if after is None:
        return RotationPath.UNKNOWN
    if after.revoked_at is not None:
        return RotationPath.REPLAY
    if after.head_hash == shown.fresh_digest:
        return RotationPath.ROTATE if after.base_gen == shown.generation == after.head_gen - 1 else RotationPath.RECOVER
    if after.head_gen == shown.generation:
        return RotationPath.COALESCE
    return RotationPath.REPEAT if after.base_gen == shown.generation else RotationPath.STALE
