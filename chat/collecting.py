"""When Python's garbage collector looks at what: an open socket is some hundred objects, and nobody is answered while
those of ten thousand are walked, which takes more than a second.

Nearly all that dies is found by counting references: a socket leaves no cycle behind. So what has come through a
collection of the middle generation is put aside (`gc.freeze`), and not walked again: a collection is of some 8,000 new
objects at the most. That some of what was put aside is garbage by now may show when it has doubled: then it is walked,
too, once in an hour at most.
"""

import gc
import time
from collections.abc import Callable
from typing import Any

WALK_SECONDS = 3600.0
"""Between two looks at how much was put aside, and two walks through it: to count is to walk, a quarter of a second
with 10,000 sockets."""


class Collecting:
    """One for a process, from when it serves."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._put_aside = 0
        """Objects, after the last walk through all of them."""
        self._counted_at = monotonic()
        self._walks_all = False

    def begin(self) -> None:
        """What start-up made stays for good."""
        gc.collect()
        gc.freeze()
        self._put_aside = gc.get_freeze_count()
        gc.callbacks.append(self._collected)

    def _collected(self, phase: str, info: dict[str, Any]) -> None:
        if phase != "stop" or info["generation"] == 0:
            return
        if self._walks_all and info["generation"] != 2:
            # What is to be walked must not be put aside before.
            return
        gc.freeze()
        # Here, and not after collections of the oldest: putting aside begins their count anew, so there are none else.
        self._look()

    def _look(self) -> None:
        now = self._monotonic()
        if not self._walks_all and now - self._counted_at <= WALK_SECONDS:
            return
        count, self._counted_at = gc.get_freeze_count(), now
        if self._walks_all:
            self._put_aside, self._walks_all = count, False
        elif count > 2 * self._put_aside:
            # By the next collection of the oldest, which comes after ten of the middle.
            gc.unfreeze()
            self._walks_all = True
