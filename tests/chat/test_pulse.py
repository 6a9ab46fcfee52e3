"""Whether the bus is alive."""

from typing import Literal

import pytest

from chat.bus.pulse import UNHEARD_BEATS, Pulse, decide_pulse

TABLE: list[tuple[int, int, Literal["alive", "lost"]]] = [
    (0, 0, "alive"),
    (5, 5, "alive"),
    (5, 3, "alive"),
    (5, 2, "lost"),
    (3, 0, "lost"),
]


@pytest.mark.parametrize(("published", "heard", "answer"), TABLE)
def test_the_bus_is_lost_when_three_beats_have_not_come_back(
    published: int, heard: int, answer: Literal["alive", "lost"]
) -> None:
    assert decide_pulse(published, heard) == answer


def test_a_beat_that_comes_back_late_counts_for_what_it_is() -> None:
    pulse, states = Pulse(), list[str]()
    for _ in range(UNHEARD_BEATS + 1):
        states.append(pulse.state)
        pulse.next_beat()
    assert states == ["alive"] * UNHEARD_BEATS + ["lost"]
    for number in (1, 3, 2):
        pulse.heard(number)
    assert pulse.state == "alive"
    assert [pulse.next_beat() for _ in range(2)] == [5, 6]
    assert str(pulse.state) == "lost"
