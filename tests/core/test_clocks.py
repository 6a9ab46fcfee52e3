"""A clock that leaps alone is not followed."""

import pytest

from latchstring.core.clocks import LASTING, LASTING_THERE, LEAP, decide_own_time, decide_time

NOW = 1_800_000_000_000
MONTH = 30 * 86_400_000


@pytest.mark.parametrize(
    ("expected", "own", "there", "lasted", "answer"),
    [
        (None, NOW, NOW + MONTH, 0, NOW + MONTH),
        (NOW, NOW + MONTH, NOW + LEAP, 0, NOW + LEAP),
        (NOW, NOW - MONTH, NOW - LEAP, 0, NOW - LEAP),
        (NOW, NOW + MONTH + 5_000, NOW + MONTH, 0, NOW + MONTH),
        (NOW, NOW, NOW + MONTH, 0, NOW),
        (NOW, NOW, NOW - LEAP - 1, LASTING_THERE - 1, NOW),
        (NOW, NOW - MONTH, NOW + MONTH, LASTING_THERE - 1, NOW),
        (NOW, NOW, NOW + MONTH, LASTING_THERE, NOW + MONTH),
        (NOW, NOW, NOW - MONTH, LASTING_THERE, NOW - MONTH),
        (NOW, NOW - MONTH, NOW + MONTH, LASTING_THERE, NOW + MONTH),
    ],
)
def test_of_three_clocks_the_one_that_differs_from_both_others_is_wrong_unless_it_is_the_databases_and_goes_on(
    expected: int | None, own: int, there: int, lasted: int, answer: int
) -> None:
    assert decide_time(expected, own, there, lasted) == answer


@pytest.mark.parametrize(
    ("expected", "own", "lasted", "answer"),
    [
        (NOW, NOW, 0, NOW),
        (NOW, NOW + LEAP, 0, NOW + LEAP),
        (NOW, NOW - LEAP, LASTING, NOW - LEAP),
        (NOW, NOW + LEAP + 1, 0, NOW),
        (NOW, NOW + MONTH, LASTING - 1, NOW),
        (NOW, NOW - MONTH, LASTING - 1, NOW),
        (NOW, NOW + MONTH, LASTING, NOW + MONTH),
        (NOW, NOW - MONTH, LASTING, NOW - MONTH),
    ],
)
def test_a_machine_alone_follows_a_leap_of_its_clock_when_that_has_lasted(
    expected: int, own: int, lasted: int, answer: int
) -> None:
    assert decide_own_time(expected, own, lasted) == answer
