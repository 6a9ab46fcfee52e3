"""What was told in one conversation: from which place to which, and marks by which the last of it is known again."""

import zlib
from typing import NamedTuple

MARKS = 32
"""Of so many places. What is told again, because its node lost the bus meanwhile, is seldom further back."""

ANY = 0
"""The mark of a place that nobody has heard: whatever is told of it is taken for what it was."""

_BYTES = 4


def mark_of(what: str) -> int:
    """What is told of one thing that was done has one mark, however often it is told; another thing has another."""
    return zlib.crc32(what.encode()) or 1


class Told(NamedTuple):
    first: int
    last: int
    marks: bytes = b""
    """As bytes, because there are very many of these: the mark of `last` is at the end."""

    @classmethod
    def before(cls, place: int) -> "Told":
        """Nothing yet, of what begins with this place."""
        return cls(place, place - 1)

    def from_the_beginning(self) -> "Told":
        """Whoever listens has read what was not told, and may hear of it yet."""
        return Told(0, self.last, self.marks.rjust(MARKS * _BYTES, bytes([ANY])))

    def and_then(self, mark: int) -> "Told":
        return Told(self.first, self.last + 1, (self.marks + mark.to_bytes(_BYTES))[-MARKS * _BYTES :])

    def and_late(self, place: int, mark: int) -> "Told":
        """A place that nobody had heard of."""
        at = len(self.marks) - (self.last - place + 1) * _BYTES
        if at < 0:
            return self
        return Told(self.first, self.last, self.marks[:at] + mark.to_bytes(_BYTES) + self.marks[at + _BYTES :])

    def is_same(self, place: int, mark: int) -> bool | None:
        """Whether what was told of this place was this. None: nothing was, or it is forgotten."""
        at = len(self.marks) - (self.last - place + 1) * _BYTES
        if at < 0 or place > self.last or place < self.first:
            return None
        known = int.from_bytes(self.marks[at : at + _BYTES])
        return ANY in (known, mark) or known == mark
