"""`python set_clock.py FILE serve`: the chat on a clock that is wrong by as many milliseconds as FILE says, whenever
it says so. The product knows nothing of it: what is changed is Python's own `time`, before anything is imported."""

import runpy
import sys
import time
from pathlib import Path

LOOK_EVERY = 50_000_000
"""Nanoseconds between two looks into the file."""
UP_FOR = 3_600_000_000_000
"""Nanoseconds. A machine that has just begun has its clock set, and that is followed; these leaps are no such thing."""


class WrongClock:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._right = time.time_ns
        self._monotonic = time.monotonic_ns
        self._clock_gettime = time.clock_gettime_ns
        self._looked_at = 0
        self._off = 0

    def time_ns(self) -> int:
        now = self._monotonic()
        if now - self._looked_at > LOOK_EVERY:
            self._looked_at = now
            self._off = int(self._file.read_text()) * 1_000_000
        return self._right() + self._off

    def time(self) -> float:
        return self.time_ns() / 1e9

    def clock_gettime_ns(self, which: int) -> int:
        return self._clock_gettime(which) + UP_FOR


if __name__ == "__main__":
    clock = WrongClock(Path(sys.argv[1]))
    time.time_ns, time.time, time.clock_gettime_ns = clock.time_ns, clock.time, clock.clock_gettime_ns
    sys.argv = ["chat", *sys.argv[2:]]
    # Python puts the script's own folder first, which holds no chat.
    sys.path.pop(0)
    runpy.run_module("chat", run_name="__main__", alter_sys=True)
