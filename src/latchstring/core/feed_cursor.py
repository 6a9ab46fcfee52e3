"""Where a follower of the revocation feed has read to.

A position is given when an ending is written and seen when it is committed, so a later one may be seen first. The
places between are waited for: what was being written will be there soon, and what was rolled back never.
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

    @classmethod
    def behind(cls, newest: int) -> "FeedCursor":
        return cls(max(0, newest - LOOK_BACK))

    @property
    def after(self) -> int:
        """What comes after this position is to be read, and some of it perhaps again."""
        return min(self._missing) - 1 if self._missing else self.newest

    def goes_back(self, newest: int) -> bool:
        """Whether a database whose newest ending is this one has lost some that were read: positions may come twice.

        None at all (0) says nothing: old ones are forgotten."""
        return 0 < newest < self.newest

    def fresh(self, endings: Sequence[Ending], now: int) -> list[Ending]:
        """Those of a portion, in the order of positions, that were not read before."""
        found = []
        for ending in endings:
            if ending.position > self.newest:
                skipped = range(max(self.newest + 1, ending.position - LOOK_BACK), ending.position)
                self._missing.update(dict.fromkeys(skipped, now))
                self.newest = ending.position
            elif self._missing.pop(ending.position, None) is None:
                continue
            found.append(ending)
        return found

    def give_up(self, now: int) -> None:
        """Forgets places that were waited for long enough."""
        while self._missing:
            oldest = next(iter(self._missing))
            if now - self._missing[oldest] <= PATIENCE:
                return
            del self._missing[oldest]
