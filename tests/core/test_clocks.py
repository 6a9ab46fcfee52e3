"""A clock that leaps alone is not followed."""

import pytest

from latchstring.core.clocks import JUST_BEGUN, LASTING, LASTING_THERE, LEAP, decide_own_time, decide_time, same_or_new

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
    ("expected", "own", "lasted", "uptime", "answer"),
    [
        (NOW, NOW, 0, MONTH, NOW),
        (NOW, NOW + LEAP, 0, MONTH, NOW + LEAP),
        (NOW, NOW - LEAP, LASTING, MONTH, NOW - LEAP),
        (NOW, NOW + LEAP + 1, 0, MONTH, NOW),
        (NOW, NOW + MONTH, LASTING - 1, MONTH, NOW),
        (NOW, NOW - MONTH, LASTING - 1, MONTH, NOW),
        (NOW, NOW + MONTH, LASTING, MONTH, NOW + MONTH),
        (NOW, NOW - MONTH, LASTING, MONTH, NOW - MONTH),
        (NOW, NOW + MONTH, 0, JUST_BEGUN, NOW + MONTH),
        (NOW, NOW - MONTH, 0, JUST_BEGUN, NOW - MONTH),
        (NOW, NOW + MONTH, 0, JUST_BEGUN + 1, NOW),
    ],
)
def test_a_machine_alone_follows_a_leap_of_its_clock_when_that_has_lasted_or_the_machine_has_just_begun(
    expected: int, own: int, lasted: int, uptime: int, answer: int
) -> None:
    assert decide_own_time(expected, own, lasted, uptime) == answer


def test_a_leap_is_the_same_while_the_clock_stays_as_far_ahead_and_another_has_to_last_anew() -> None:
    first = same_or_new(None, MONTH, 5)
    assert first == (MONTH, 5)
    assert same_or_new(first, MONTH + LEAP, 7) is first
    assert same_or_new(first, MONTH - LEAP, 7) is first
    assert same_or_new(first, MONTH + LEAP + 1, 7) == (MONTH + LEAP + 1, 7)
    assert same_or_new(first, -MONTH, 7) == (-MONTH, 7)
