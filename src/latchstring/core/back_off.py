"""How long to wait before the next try, when tries fail one after the other."""

MOST_DOUBLINGS = 32
"""More than any wait needs. Without a bound, the 1,024th failure in a row is a number that no float holds."""


def decide_wait(failures: int, *, first: float, longest: float) -> float:
    """Seconds, or whatever `first` and `longest` are. Who wants to come back out of step draws a time below it.

    | failures in a row | answer                            |
    |-------------------|-----------------------------------|
    | 1                 | `first`, or `longest` if less     |
    | 2, 3, 4, …        | 2, 4, 8, … `first`, to `longest`  |
    """
    return min(first * 2.0 ** min(max(failures - 1, 0), MOST_DOUBLINGS), longest)
