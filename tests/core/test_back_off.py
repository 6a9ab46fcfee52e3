"""Waits between tries grow, and stop growing; however often something fails."""

import pytest

from latchstring.core.back_off import decide_wait


@pytest.mark.parametrize(
    ("failures", "first", "longest", "wait"),
    [
        (1, 1.0, 10.0, 1.0),
        (2, 1.0, 10.0, 2.0),
        (4, 1.0, 10.0, 8.0),
        (5, 1.0, 10.0, 10.0),
        (1, 1.0, 0.05, 0.05),
        (1_024, 1.0, 10.0, 10.0),
        (10**9, 0.001, 10.0, 10.0),
    ],
)
def test_each_failure_doubles_the_wait_up_to_the_longest(
    failures: int, first: float, longest: float, wait: float
) -> None:
    assert decide_wait(failures, first=first, longest=longest) == wait
