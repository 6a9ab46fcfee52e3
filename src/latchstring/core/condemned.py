"""Condemned generations: given up by RECOVER, genuine, and of no more use."""

from latchstring.core.session import Session

_OFFSET = 10**12
NOTE_LENGTH = 26


def condemned_limit(life: int, window: int) -> int:
    """Characters of notes that a row has to hold: those of one auth token's life, in which a head is minted at most
    once per window. Both in the same unit."""
    return NOTE_LENGTH * min(life // window + 1, 1024)


def with_note(session: Session, limit: int) -> str:
    """The notes once the head is proved: with the range of generations between base and head, which RECOVER gave up.

    Notes have one length, so that SQL can drop the oldest of a full list. Those of tokens long expired do no harm.
    """
    if session.head_gen - session.base_gen < 2:
        return session.condemned
    kept = session.condemned[NOTE_LENGTH:] if len(session.condemned) >= limit else session.condemned
    return f"{kept}{_OFFSET + session.base_gen}{_OFFSET + session.head_gen}"


def is_condemned(session: Session, generation: int) -> bool:
    """Whether a generation was given up by RECOVER: genuine, but its auth token is refused as superseded."""
    if session.base_gen < generation < session.head_gen:
        return True
    notes = session.condemned
    for at in range(0, len(notes), NOTE_LENGTH):
        low, high = int(notes[at : at + 13]) - _OFFSET, int(notes[at + 13 : at + 26]) - _OFFSET
        if low < generation < high:
            return True
    return False
