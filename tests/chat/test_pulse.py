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
def test_the_bus_is_lost_when_nothing_has_come_back_since_three_beats(
    published: int, heard: int, answer: Literal["alive", "lost"]
) -> None:
    assert decide_pulse(published, heard) == answer


def test_whatever_comes_back_is_a_sign_of_life_and_silence_is_counted_from_there() -> None:
    pulse, states = Pulse(), list[str]()
    for _ in range(UNHEARD_BEATS + 1):
        states.append(pulse.state)
        pulse.next_beat()
    assert states == ["alive"] * UNHEARD_BEATS + ["lost"]
    pulse.came_back()
    states = []
    for _ in range(UNHEARD_BEATS + 1):
        states.append(pulse.state)
        pulse.next_beat()
    assert states == ["alive"] * UNHEARD_BEATS + ["lost"]
