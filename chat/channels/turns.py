"""Whose turn it is: what was done in a conversation is told in the order of the commits, on whichever nodes that was.

Two nodes that write one after the other may tell it the other way round. Places are taken in the transaction itself and
none is left out, so that whoever hears the later one first knows it, and lets it wait for the earlier.

A place is given once, as long as the database keeps what it has acknowledged. A standby that lagged and took over, or a
backup, gives places again: then what is told of a place is not what was told of it before (told.py), and whoever
listens there has to read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, NamedTuple, TypeVar

from chat.channels.told import ANY, Told

What = TypeVar("What")
Verdict = Literal["now", "wait", "told", "late", "rewritten"]

PATIENCE = 20
"""Ticks for which something waits for what should come before it, from when the last came that did."""

BEGINNING = 2
"""Ticks for which the first of a conversation waits for what may be before it."""

KEPT = 32_768
"""Conversations of which it is remembered, at least, what was told last; twice as many at most, some 25 MB."""


def decide_turn(
    first: int | None,
    last: int | None,
    place: int,
    *,
    follows: bool,
    is_same: bool | None = None,
    is_again: bool = False,
) -> Verdict:
    """What becomes of a place, where `first` to `last` have been told. `follows`: whoever tells it has heard what is
    before it, so that everybody has. `is_same`: whether what was told of this place is this; None: that is forgotten.
    `is_again`: whoever tells it knows that it may have been told before.

    | told   | place | follows | same    | again | verdict   | why                                                |
    |--------|-------|---------|---------|-------|-----------|----------------------------------------------------|
    | none   | 7     | yes     | unknown | any   | now       | whoever listens has read or heard what is before it|
    | none   | 7     | no      | unknown | any   | wait      | 6 may be on its way                                |
    | 3 to 7 | 8     | any     | unknown | any   | now       | it is its turn                                     |
    | 3 to 7 | 9     | any     | unknown | any   | wait      | 8 is on its way                                    |
    | 3 to 7 | 9     | any     | yes     | any   | wait      | it waits already                                   |
    | 3 to 7 | 9     | any     | no      | any   | rewritten | another waits, of a history that is no more        |
    | 3 to 7 | 7     | any     | yes     | any   | told      | it was told again, because an answer was lost      |
    | 3 to 7 | 7     | any     | no      | any   | rewritten | the database went back and gave the place again    |
    | 3 to 7 | 3     | any     | unknown | yes   | told      | so it says                                         |
    | 3 to 7 | 3     | any     | unknown | no    | rewritten | it was done just now, and 4 was told before        |
    | 3 to 7 | 2     | any     | unknown | any   | late      | 2 comes too late: 3 was taken for the beginning   |
    """
    if is_same is False:
        return "rewritten"
    if first is None or last is None:
        return "now" if follows else "wait"
    if place > last:
        return "now" if place == last + 1 else "wait"
    if place < first:
        return "late"
    return "told" if is_same or is_again else "rewritten"


class Due(NamedTuple, Generic[What]):
    """To be told now, in this order; or not to be told at all any more, so that whoever has to know of it must read it
    (`is_over`)."""

    topic: str
    whats: list[What]
    is_over: bool = False


@dataclass(slots=True)
class _Waiting(Generic[What]):
    ticks: int = 0
    by_place: dict[int, tuple[int, What]] = field(default_factory=dict)
    """With its mark."""

    def whats(self) -> list[What]:
        return [self.by_place[place][1] for place in sorted(self.by_place)]


class Turns(Generic[What]):
    """Pure bookkeeping: `take` says what is told now, `tick` what has waited in vain."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        # What is looked for in the second is moved to the first; when that is full, the second is forgotten.
        self._told: dict[str, Told] = {}
        self._told_before: dict[str, Told] = {}
        self._waiting: dict[str, _Waiting[What]] = {}

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def knows(self, topic: str) -> bool:
        return topic in self._told or topic in self._told_before

    def has_told(self, topic: str, place: int) -> bool:
        told = self._get(topic)
        return told is not None and told.last >= place

    def take(
        self, topic: str, place: int, mark: int, what: What, *, follows: bool = True, is_again: bool = False
    ) -> Due[What]:
        """What is to be told now. If it is over, everything up to this place counts as told from now on."""
        told, waiting = self._get(topic), self._waiting.get(topic)
        verdict = decide_turn(
            told and told.first,
            told and told.last,
            place,
            # Where something waits for where to begin, nothing overtakes it.
            follows=follows and waiting is None,
            is_same=_is_same(told, waiting, place, mark),
            is_again=is_again,
        )
        if verdict == "now":
            return Due(topic, [what, *self._go_on(topic, (told or Told.before(place)).and_then(mark))])
        if verdict == "wait":
            self._waiting.setdefault(topic, _Waiting()).by_place[place] = mark, what
        elif verdict == "late" and told is not None:
            self._remember(topic, told.from_the_beginning().and_late(place, mark))
            return Due(topic, [what], is_over=True)
        elif verdict == "rewritten":
            return self._begin_anew(topic, place, mark, what)
        return Due(topic, [])

    def _begin_anew(self, topic: str, place: int, mark: int, what: What) -> Due[What]:
        """What waits may be of the history that is no more: whoever listens reads which it is."""
        waiting = self._waiting.pop(topic, None)
        self._remember(topic, Told.before(place).from_the_beginning().and_then(mark))
        return Due(topic, [what, *(waiting.whats() if waiting else ())], is_over=True)

    def tick(self) -> Iterator[Due[What]]:
        """What counts as told from now on, either way."""
        for topic, waiting in tuple(self._waiting.items()):
            waiting.ticks += 1
            told = self._get(topic)
            if told is None:
                if waiting.ticks < BEGINNING:
                    continue
                yield Due(topic, self._go_on(topic, Told.before(min(waiting.by_place))))
            elif waiting.ticks > PATIENCE:
                del self._waiting[topic]
                for place in range(told.last + 1, max(waiting.by_place) + 1):
                    mark, _ = waiting.by_place.get(place, (ANY, None))
                    told = told.and_then(mark)
                self._remember(topic, told.from_the_beginning())
                yield Due(topic, waiting.whats(), is_over=True)

    def forget(self) -> None:
        """Whoever listens from now on has read what came before."""
        for each in (self._told, self._told_before, self._waiting):
            each.clear()

    def _go_on(self, topic: str, told: Told) -> list[What]:
        """What has waited for this one."""
        whats: list[What] = []
        waiting = self._waiting.get(topic)
        if waiting is not None:
            while told.last + 1 in waiting.by_place:
                mark, what = waiting.by_place.pop(told.last + 1)
                told = told.and_then(mark)
                whats.append(what)
            waiting.ticks = 0
            if not waiting.by_place:
                del self._waiting[topic]
        self._remember(topic, told)
        return whats

    def _get(self, topic: str) -> Told | None:
        return self._told.get(topic) or self._told_before.get(topic)

    def _remember(self, topic: str, told: Told) -> None:
        if len(self._told) >= self._kept and topic not in self._told:
            self._told, self._told_before = {}, self._told
        self._told[topic] = told


def _is_same(told: Told | None, waiting: _Waiting[What] | None, place: int, mark: int) -> bool | None:
    if waiting is not None and place in waiting.by_place:
        return waiting.by_place[place][0] == mark
    return None if told is None else told.is_same(place, mark)
