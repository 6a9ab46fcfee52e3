"""A clock that leaps alone is not followed."""

import pytest

from latchstring.core.clocks import LEAP, decide_time

NOW = 1_800_000_000_000
MONTH = 30 * 86_400_000


@pytest.mark.parametrize(
    ("expected", "own", "there", "answer"),
    [
        (None, NOW, NOW + MONTH, NOW + MONTH),
        (NOW, NOW + MONTH, NOW + LEAP, NOW + LEAP),
        (NOW, NOW - MONTH, NOW - LEAP, NOW - LEAP),
        (NOW, NOW + MONTH + 5_000, NOW + MONTH, NOW + MONTH),
        (NOW, NOW, NOW + MONTH, NOW),
        (NOW, NOW, NOW - LEAP - 1, NOW),
        (NOW, NOW - MONTH, NOW + MONTH, NOW),
    ],
)
def test_of_three_clocks_the_one_that_differs_from_both_others_is_wrong(
    expected: int | None, own: int, there: int, answer: int
) -> None:
    assert decide_time(expected, own, there) == answer
