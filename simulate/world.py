"""Simulated time: events in order, and a clock that moves from one to the next. Times are Unix milliseconds."""

import heapq
import random
from collections.abc import Callable

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY


class World:
    """`random` is seeded by the week alone, so that any week can be run again by its number."""

    def __init__(self, now: int, seed: str) -> None:
        self.now = now
        self.random = random.Random(seed)
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._number = 0

    def after(self, delay: float, event: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (self.now + max(0, int(delay)), self._number, event))

    def run_until(self, end: int) -> None:
        while self._events and self._events[0][0] <= end:
            self.now, _, event = heapq.heappop(self._events)
            event()
        self.now = end

    def between(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)

    def happens(self, probability: float) -> bool:
        return self.random.random() < probability
