"""Session rows and presentations to test with: sound ones by hand, and any sound ones by Hypothesis."""

import hashlib
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from latchstring.core.rotation import Presentation
from latchstring.core.session import Session

NOW = 1_800_000_000_000
W, S = 10_000, 30_000
IDLE, UNREMEMBERED_IDLE = 14 * 86_400_000, 12 * 3_600_000
SESSION_ID = "5f0c6a3e-1d2b-4c3d-8e4f-5a6b7c8d9e0f"


def secret_of(generation: int) -> bytes:
    return hashlib.sha256(b"secret %d" % generation).digest()


def digest_of(generation: int) -> bytes:
    return hashlib.sha256(secret_of(generation)).digest()


def row(base: int = 0, head: int | None = None, *, prev: int | None = None, **changes: Any) -> Session:
    """A live session whose head was minted long ago; pending where `head` is above `base`."""
    head = base if head is None else head
    session = Session(
        id=SESSION_ID,
        subject="somebody",
        remembered=True,
        device="Firefox on Linux",
        address="192.0.2.1",
        inserted_at=NOW - 86_400_000,
        last_seen_at=NOW - 3_600_000,
        base_gen=base,
        base_hash=digest_of(base),
        head_gen=head,
        head_hash=digest_of(head),
        sealed=b"sealed" * 8 if head > base else None,
        prev_gen=base - 1 if prev is None else prev,
        confirmed_at=NOW - 3_600_000,
        head_at=NOW - 3_600_000,
        handed_at=NOW - 3_600_000,
        idle_until=NOW + 3_600_000,
        expires_at=NOW + 86_400_000,
    )
    return replace(session, **changes)


def shown(generation: int, **changes: Any) -> Presentation:
    """A presentation of that generation, with its right secret unless told otherwise."""
    presentation = Presentation(
        session_id=SESSION_ID,
        generation=generation,
        digest=digest_of(generation),
        fresh_digest=hashlib.sha256(b"fresh").digest(),
        fresh_sealed=b"fresh!" * 8,
        address="198.51.100.7",
        now=NOW,
        window=W,
        straggler=S,
        idle=IDLE,
        unremembered_idle=UNREMEMBERED_IDLE,
    )
    return replace(presentation, **changes)


def _notes(ranges: list[tuple[int, int]]) -> str:
    return "".join(f"{10**12 + low}{10**12 + low + gap}" for low, gap in ranges)


# Around the edges of every comparison, and anywhere.
_moments = st.sampled_from([0, 1, W - 1, W, W + 1, S - 1, S, S + 1, 3 * W, 3 * W + 1]) | st.integers(0, 10**10)


def _mostly(usual: st.SearchStrategy[Any], seldom: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 15).flatmap(lambda number: seldom if number == 1 else usual)


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    """Any sound row: prev < base <= head, and all else free. Most of them live."""
    base = draw(st.integers(0, 6))
    head = base + draw(st.integers(0, 4))
    ends = _mostly(st.integers(1, 10**10), st.sampled_from([-1, 0, 1])).map(lambda left: NOW + left)
    minted, since = draw(_moments), draw(_moments)
    return row(
        base,
        head,
        prev=draw(st.integers(-1, base - 1)),
        remembered=draw(st.booleans()),
        sealed=draw(st.none() | st.binary(min_size=48, max_size=48)) if head > base else None,
        confirmed_at=NOW - draw(_moments),
        head_at=NOW - minted,
        handed_at=NOW - min(minted, since),
        contested=head > base and draw(st.booleans()),
        condemned=_notes(draw(st.lists(st.tuples(st.integers(0, 10**9), st.integers(2, 9)), max_size=4))),
        idle_until=draw(ends),
        expires_at=draw(st.none() | ends),
        **draw(_mostly(st.just({}), st.just({"revoked_at": NOW - 5, "revoke_reason": "signed_out"}))),
    )


@st.composite
def encounters(draw: st.DrawFn) -> tuple[Session, Presentation]:
    """Any sound row, and the presentation at NOW of a token of any generation that it knows, has forgotten, or that is
    newer than it: of a database that went back in time."""
    session = draw(sessions())
    known = st.sampled_from([session.head_gen, session.base_gen, max(0, session.prev_gen)])
    generation = draw(_mostly(known, st.just(session.head_gen + 1)) | st.integers(0, session.head_gen))
    return session, shown(
        generation,
        digest=digest_of(draw(_mostly(st.just(generation), st.just(99)))),
        rotation=draw(st.sampled_from(["sealed", "sealed", "strict"])),
        condemned_limit=draw(st.sampled_from([26, 52, 78, 4096])),
    )
