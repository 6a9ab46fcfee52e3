"""Whether the bus is alive: with each tick a node publishes a beat, and has to hear something of its own come back.

Not that beat alone: it goes behind what has been waiting, and where that is much, and the line is slow, it is the rest
that comes back meanwhile. A line that was given up for that would have all of it to carry again.

Ticks are counted, and no clock is read: a node that was itself held up for seconds, by a collection of everything or by
somebody who had stopped it, finds one tick gone by, and reads first what has come meanwhile.
"""

from typing import Literal

TICK_SECONDS = 1.0

UNHEARD_BEATS = 3
"""So many since anything came back, and the bus is lost: what this node knows of the others may be that old."""


def decide_pulse(published: int, heard: int) -> Literal["alive", "lost"]:
    """Asked with each tick, before its beat. `heard`: the beats that had been published when anything came back last.

    | published | heard | answer | why                                                 |
    |-----------|-------|--------|-----------------------------------------------------|
    | 0         | 0     | alive  | the line was opened just now                        |
    | 5         | 5     | alive  |                                                     |
    | 5         | 3     | alive  | it may be slow                                      |
    | 5         | 2     | lost   | nothing has come back for three ticks               |
    | 3         | 0     | lost   | what was opened never answered                      |
    """
    return "alive" if published - heard < UNHEARD_BEATS else "lost"


class Pulse:
    """Of one line."""

    def __init__(self) -> None:
        self._published = 0
        self._heard = 0

    @property
    def state(self) -> Literal["alive", "lost"]:
        return decide_pulse(self._published, self._heard)

    def next_beat(self) -> int:
        self._published += 1
        return self._published

    def came_back(self) -> None:
        self._heard = self._published
