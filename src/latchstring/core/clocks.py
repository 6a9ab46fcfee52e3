"""Which clock to believe, when they differ."""

from typing import NamedTuple

LEAP = 60_000
"""Milliseconds: by less than this, clocks differ; by more, one of them is wrong."""
LASTING = 3_600_000
"""Milliseconds after which a machine's clock that has leapt is taken to be right: a wrong one is set right sooner."""
LASTING_THERE = 300_000
"""The same for the database's. It is sooner, since two of three clocks are one machine's, and stop together with it."""

JUST_BEGUN = 180_000
"""Milliseconds after a machine's start, in which its clock is first set: some keep no time while they are off."""


class Leap(NamedTuple):
    """One that is not followed yet. By the monotonic clock's milliseconds: how much the clock is ahead of that now, and
    when it was first seen."""

    ahead: int
    since: int


def same_or_new(leap: Leap | None, ahead: int, at: int) -> Leap:
    """The leap that a clock is found in. One that is another than before has to last anew."""
    return leap if leap is not None and abs(ahead - leap.ahead) <= LEAP else Leap(ahead, at)


def decide_time(expected: int | None, own: int, there: int, lasted: int) -> int:
    """The time that this node goes by, in Unix milliseconds.

    `there` is what the database says, `expected` what its last word and the monotonic clock make of it, and `own` this
    machine's clock. One that leaps alone is not followed at once: by it, everybody's session would be over, or none.
    But a machine that is paused keeps `expected` and `own` back alike, and the database is one for all nodes. `lasted`
    are the milliseconds for which it has differed from both, by the same leap.

    | `there` is near `expected` | `there` is near `own` | has lasted | answer     |
    |----------------------------|-----------------------|------------|------------|
    | none yet                   | any                   | any        | `there`    |
    | yes                        | any                   | any        | `there`    |
    | no                         | yes                   | any        | `there`    |
    | no                         | no                    | no         | `expected` |
    | no                         | no                    | yes        | `there`    |
    """
    if expected is None or abs(there - expected) <= LEAP or abs(there - own) <= LEAP:
        return there
    return there if lasted >= LASTING_THERE else expected


def decide_own_time(expected: int, own: int, lasted: int, uptime: int) -> int:
    """The time that a machine alone goes by, in Unix milliseconds.

    `own` is its clock, `expected` what that said before and the monotonic clock make of it, and `lasted` the
    milliseconds for which it has differed, by the same leap. There is no third clock to ask, so time has to tell. But
    when the machine has just begun, `uptime` milliseconds ago, what was expected was never right.

    | `own` is near `expected` | the machine has just begun | has lasted | answer     |
    |--------------------------|----------------------------|------------|------------|
    | yes                      | any                        | any        | `own`      |
    | no                       | yes                        | any        | `own`      |
    | no                       | no                         | no         | `expected` |
    | no                       | no                         | yes        | `own`      |
    """
    return own if abs(own - expected) <= LEAP or uptime <= JUST_BEGUN or lasted >= LASTING else expected
