"""Whose turn it is: what was done in a conversation is told in the order of the commits, on whichever nodes that was.

Two nodes that write one after the other may tell it the other way round. Places are taken in the transaction itself and
none is left out, so that whoever hears the later one first knows it, and lets it wait for the earlier.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, NamedTuple, TypeVar

What = TypeVar("What")
Verdict = Literal["now", "wait", "told", "late"]

PATIENCE = 20
"""Ticks for which something waits for what should come before it."""

BEGINNING = 2
"""Ticks for which the first of a conversation waits for what may be before it."""

KEPT = 32_768
"""Conversations of which it is remembered, at least, what was told last; twice as many at most, some 15 MB."""


def decide_turn(first: int | None, last: int | None, place: int, follows: bool) -> Verdict:
    """What becomes of a place, where `first` to `last` have been told. `follows`: whoever tells it has heard what is
    before it, so that everybody has.

    | told   | place | follows | verdict | why                                                               |
    |--------|-------|---------|---------|-------------------------------------------------------------------|
    | none   | 7     | yes     | now     | whoever listens has read or heard what is before it               |
    | none   | 7     | no      | wait    | 6 may be on its way                                               |
    | 3 to 7 | 8     | any     | now     | it is its turn                                                    |
    | 3 to 7 | 9     | any     | wait    | 8 is on its way                                                   |
    | 3 to 7 | 7     | any     | told    | it was told again, because an answer was lost                     |
    | 3 to 7 | 3     | any     | told    |                                                                   |
    | 3 to 7 | 2     | any     | late    | 3 was taken for the beginning: nobody heard of 2, and it is too late now |
    """
    if first is None or last is None:
        return "now" if follows else "wait"
    if place == last + 1:
        return "now"
    if place > last:
        return "wait"
    return "told" if place >= first else "late"


class Due(NamedTuple, Generic[What]):
    """What has waited for long enough, in its order: to be told now, or not to be told at all (`is_over`)."""

    topic: str
    whats: list[What]
    is_over: bool


@dataclass(slots=True)
class _Waiting(Generic[What]):
    ticks: int = 0
    by_place: dict[int, What] = field(default_factory=dict)


class Turns(Generic[What]):
    """Pure bookkeeping: `take` says what is told now, `tick` what has waited in vain."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        # What is looked for in the second is moved to the first; when that is full, the second is forgotten.
        self._told: dict[str, tuple[int, int]] = {}
        self._told_before: dict[str, tuple[int, int]] = {}
        self._waiting: dict[str, _Waiting[What]] = {}

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def knows(self, topic: str) -> bool:
        return topic in self._told or topic in self._told_before

    def has_told(self, topic: str, place: int) -> bool:
        _, last = self._range(topic)
        return last is not None and last >= place

    def take(self, topic: str, place: int, what: What, *, follows: bool = True) -> list[What] | None:
        """What is to be told now, in this order. None: it is late, cannot be told any more, and counts as told from now
        on; whoever has to know of it must read it."""
        first, last = self._range(topic)
        # Where something waits for where to begin, nothing overtakes it.
        verdict = decide_turn(first, last, place, follows and topic not in self._waiting)
        if verdict == "now":
            return [what, *self._go_on(topic, place if first is None else first, place)]
        if verdict == "wait":
            self._waiting.setdefault(topic, _Waiting()).by_place[place] = what
        elif verdict == "late":
            self._remember(topic, 0, last or 0)
            return None
        return []

    def tick(self) -> Iterator[Due[What]]:
        """What counts as told from now on, either way."""
        for topic, waiting in tuple(self._waiting.items()):
            waiting.ticks += 1
            if not self.knows(topic):
                if waiting.ticks < BEGINNING:
                    continue
                first = min(waiting.by_place)
                yield Due(topic, self._go_on(topic, first, first - 1), is_over=False)
            elif waiting.ticks > PATIENCE:
                del self._waiting[topic]
                self._remember(topic, 0, max(waiting.by_place))
                yield Due(topic, [waiting.by_place[place] for place in sorted(waiting.by_place)], is_over=True)

    def forget(self) -> None:
        """Whoever listens from now on has read what came before."""
        for each in (self._told, self._told_before, self._waiting):
            each.clear()

    def _go_on(self, topic: str, first: int, last: int) -> list[What]:
        """What has waited for this one."""
        told: list[What] = []
        waiting = self._waiting.get(topic)
        if waiting is not None:
            while last + 1 in waiting.by_place:
                last += 1
                told.append(waiting.by_place.pop(last))
            waiting.ticks = 0
            if not waiting.by_place:
                del self._waiting[topic]
        self._remember(topic, first, last)
        return told

    def _range(self, topic: str) -> tuple[int | None, int | None]:
        return self._told.get(topic) or self._told_before.get(topic) or (None, None)

    def _remember(self, topic: str, first: int, last: int) -> None:
        if len(self._told) >= self._kept and topic not in self._told:
            self._told, self._told_before = {}, self._told
        self._told[topic] = first, last
