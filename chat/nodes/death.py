"""What follows when a node has ended that nobody had asked to."""

from dataclasses import dataclass

LASTING = 10.0
"""Seconds. A node that served for less died at once, and what it died of is likely still there."""
LONGEST_WAIT = 30.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class End:
    """Everything ends, with this exit code."""

    code: int


@dataclass(frozen=True, slots=True)
class Again:
    """Another node is started, after so many seconds."""

    after: float


def decide_after_death(code: int, *, others_serve: bool, in_a_row: int) -> End | Again:
    """`code` is its exit code, or the negative number of the signal that killed it. `in_a_row`: how many nodes died at
    once here, one after the other, this one included; 0 where it had lasted.

    | code           | others serve | in a row   | answer                                     |
    |----------------|--------------|------------|--------------------------------------------|
    | above 0        | no           | any        | End: nobody can start, and it was said why |
    | above 0        | yes          | any        | Again, as below                            |
    | 0, or a signal | any          | 0          | Again, now                                 |
    | 0, or a signal | any          | 1, 2, 3, … | Again, after 1, 2, 4, … to 30 s            |
    """
    if code > 0 and not others_serve:
        return End(code)
    return Again(min(2.0 ** min(in_a_row - 1, 9), LONGEST_WAIT) if in_a_row else 0.0)
