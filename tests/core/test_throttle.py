"""The token bucket, and who counts as one visitor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchstring.core.throttle import Level, Rate, decide_throttle, network_of, refunded, spent

NOW = 1_000_000
RATE = Rate(burst=2, seconds=60)


def after(tries: int, rate: Rate = RATE) -> Level:
    level = Level(0, rate)
    for _ in range(tries):
        level = Level(spent(level, NOW), rate)
    return level


@pytest.mark.parametrize(
    ("tries", "waited", "answer"),
    [(0, 0, 0), (1, 0, 0), (2, 0, 60_000), (2, 59_000, 1000), (2, 60_000, 0), (2, 3_600_000, 0)],
)
def test_the_truth_table_of_throttling(tries: int, waited: int, answer: int) -> None:
    assert decide_throttle([after(tries)], NOW + waited) == answer


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    rested = NOW + 10 * 3_600_000
    level = Level(spent(after(2), rested), RATE)
    level = Level(spent(level, rested), RATE)
    assert decide_throttle([level], rested) == 60_000


def test_every_level_has_to_have_a_token_and_the_longest_wait_is_told() -> None:
    slow = after(1, Rate(burst=1, seconds=300))
    assert decide_throttle([after(0), after(2), slow], NOW) == 300_000
    assert decide_throttle([after(0), after(1)], NOW) == 0


def test_a_refund_undoes_a_try() -> None:
    once, twice = after(1), after(2)
    assert refunded(twice) == once.full_at


@given(st.lists(st.integers(0, 30_000), max_size=60))
def test_no_stretch_of_time_lets_more_through_than_the_burst_and_what_came_back(pauses: list[int]) -> None:
    rate, now, level, passed = Rate(burst=3, seconds=10), NOW, Level(0, Rate(3, 10)), 0
    for pause in pauses:
        now += pause
        if decide_throttle([level], now) == 0:
            level, passed = Level(spent(level, now), rate), passed + 1
    assert passed <= 3 + (now - NOW) // rate.interval


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
        ("x" * 1000, "x" * 64),
    ],
)
def test_a_visitor_is_a_network_and_no_single_address(address: str, network: str) -> None:
    assert network_of(address) == network
