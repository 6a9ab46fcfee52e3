"""Which of three clocks to believe, when they differ."""

LEAP = 60_000
"""Milliseconds: by less than this, clocks differ; by more, one of them is wrong."""


def decide_time(expected: int | None, own: int, there: int) -> int:
    """The time that this node goes by, in Unix milliseconds.

    `there` is what the database says, `expected` what its last word and the monotonic clock make of it, and `own` this
    machine's clock. One that leaps alone is not followed: by it, everybody's session would be over, or none.

    | `there` is near `expected` | `there` is near `own` | answer     |
    |----------------------------|-----------------------|------------|
    | none yet                   | any                   | `there`    |
    | yes                        | any                   | `there`    |
    | no                         | yes                   | `there`    |
    | no                         | no                    | `expected` |
    """
    if expected is None or abs(there - expected) <= LEAP or abs(there - own) <= LEAP:
        return there
    return expected
