"""Where a follower of the revocation feed has read to.

A position is given when an ending is written and seen when it is committed, so a later one may be seen first. The
places between are waited for: what was being written will be there soon, and what was rolled back never.

A database that was restored gives positions again. So the newest that was read is read once more with whatever follows
it: where it is another's now, or gone, those before it may be others, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from latchstring.core.session import Ending

LOOK_BACK = 1_000
"""Positions before the newest at which a follower begins: one of them may be about to be committed."""
PATIENCE = 60_000
"""Milliseconds: no transaction of ours is open for so long."""


@dataclass(slots=True)
class FeedCursor:
    newest: int
    _missing: dict[int, int] = field(default_factory=dict)
    """Positions that were passed over, and since when (monotonic milliseconds)."""
    _whose: str | None = None
    """The session whose ending was the newest; None before one was read."""
    _is_seen: bool = False
    """Whether it was there in this reading."""

    @classmethod
    def behind(cls, newest: int) -> "FeedCursor":
        return cls(max(0, newest - LOOK_BACK))

    @property
    def after(self) -> int:
        """What comes after this position is to be read, and some of it again."""
        if self._missing:
            return min(self._missing) - 1
        return self.newest if self._whose is None else self.newest - 1

    def next_after(self, position: int) -> int:
        """The same within a reading that has come so far. What was read before, and has no gap, is passed over: else
        a mass sign-out behind a gap would be read anew by each reading, which may take longer than a node is patient.
        """
        gaps = [missing for missing in self._missing if missing > position]
        newest = self.newest if self._whose is None else self.newest - 1
        return max(position, min(gaps) - 1 if gaps else newest)

    def goes_back(self, newest: int) -> bool:
        """Whether a database whose newest ending is this one has lost some that were read: positions may come twice.

        None at all (0) says nothing: old ones are forgotten."""
        return 0 < newest < self.newest

    def fresh(self, endings: Sequence[Ending], now: int) -> list[Ending]:
        """Those of a portion, in the order of positions, that were not read before."""
        found = []
        for ending in endings:
            if self._is_replaced_by(ending):
                first = max(1, self.newest - LOOK_BACK + 1)
                self._missing.update(dict.fromkeys(range(first, self.newest + 1), now))
            if ending.position >= self.newest:
                self._whose, self._is_seen = ending.session_id, True
            if ending.position > self.newest:
                skipped = range(max(self.newest + 1, ending.position - LOOK_BACK), ending.position)
                self._missing.update(dict.fromkeys(skipped, now))
                self.newest = ending.position
            elif self._missing.pop(ending.position, None) is None:
                continue
            found.append(ending)
        return found

    def _is_replaced_by(self, ending: Ending) -> bool:
        """Whether the newest that was read is not there any more, and this is what is. It may have been forgotten for
        its age: then a few are read twice, which harms nothing."""
        if self._whose is None or ending.position < self.newest:
            return False
        return ending.session_id != self._whose if ending.position == self.newest else not self._is_seen

    def give_up(self, now: int) -> None:
        """At the end of a reading, however it ended: forgets places that were waited for long enough."""
        self._is_seen = False
        while self._missing:
            oldest = next(iter(self._missing))
            if now - self._missing[oldest] <= PATIENCE:
                return
            del self._missing[oldest]
