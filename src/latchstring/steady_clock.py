"""The clock of a machine that is alone with its database, and has nobody to ask whether a leap is right."""

import logging

from latchstring.core.clocks import LEAP, Leap, decide_own_time, same_or_new
from latchstring.ports import Clock

log = logging.getLogger("latchstring.clock")

NOT_YET = "it is not followed yet. If it is right now, start all nodes anew"


class SteadyClock:
    """Unix milliseconds. Follows the machine's clock, but for a leap only once that has lasted.

    `own` is the machine's clock, and `monotonic` counts the milliseconds since it began, those of its sleep among them.
    Each process has its own: two of them differ for as long as one began before a leap that it does not follow yet, and
    the other after it.
    """

    def __init__(self, own: Clock, monotonic: Clock) -> None:
        self._own = own
        self._monotonic = monotonic
        self._offset = own() - monotonic()
        """What has to be added to the monotonic clock."""
        self._leap: Leap | None = None

    def __call__(self) -> int:
        own, uptime = self._own(), self._monotonic()
        ahead = own - uptime
        # Nearly always, and asked on every request: what all the rest would come to.
        if self._leap is None and -LEAP <= ahead - self._offset <= LEAP:
            self._offset = ahead
            return own
        expected = uptime + self._offset
        leap = same_or_new(self._leap, ahead, uptime)
        now = decide_own_time(expected, own, uptime - leap.since, uptime)
        if now == own:
            self._follow(own - expected)
            self._offset = ahead
        elif leap is not self._leap:
            log.critical("this machine's clock has leapt by %d ms: %s", own - expected, NOT_YET)
            self._leap = leap
        return now

    def _follow(self, by: int) -> None:
        if abs(by) > LEAP:
            log.warning("this machine's clock has leapt by %d ms: it is followed from here on", by)
        elif self._leap is not None:
            log.warning("this machine's clock is right again: its leap was never followed")
        self._leap = None
