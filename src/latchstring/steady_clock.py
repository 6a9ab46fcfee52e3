"""The clock of a machine that is alone with its database, and has nobody to ask whether a leap is right."""

import logging

from latchstring.core.clocks import decide_own_time
from latchstring.ports import Clock

log = logging.getLogger("latchstring.clock")


class SteadyClock:
    """Unix milliseconds. Follows the machine's clock, but for a leap only once that has lasted.

    `own` is the machine's clock, and `monotonic` counts milliseconds that never jump, those of its sleep among them.
    """

    def __init__(self, own: Clock, monotonic: Clock) -> None:
        self._own = own
        self._monotonic = monotonic
        self._offset = own() - monotonic()
        """What has to be added to the monotonic clock."""
        self._leapt_at: int | None = None
        """On the monotonic clock; None while nothing has leapt."""

    def __call__(self) -> int:
        own, passed = self._own(), self._monotonic()
        expected = passed + self._offset
        lasted = 0 if self._leapt_at is None else passed - self._leapt_at
        now = decide_own_time(expected, own, lasted)
        if now == own:
            if self._leapt_at is not None:
                log.warning("this machine's clock has leapt by %d ms: it is followed from here on", own - expected)
            self._offset, self._leapt_at = own - passed, None
        elif self._leapt_at is None:
            log.critical("this machine's clock has leapt by %d ms: it is not followed yet", own - expected)
            self._leapt_at = passed
        return now
