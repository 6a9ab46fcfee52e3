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
Verdict = Literal["now", "wait", "told", "late", "unsure", "rewritten"]
Again = Literal["no", "yes", "forgotten", "read"]
"""Whether something may have been told before: "forgotten" where this node may have forgotten whether it was, "read"
where everybody who listens on it has read it, since they joined later."""

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
    again: Again = "no",
) -> Verdict:
    """What becomes of a place, where `first` to `last` have been told. `follows`: whoever tells it has heard what is
    before it, so that everybody has. `is_same`: whether what was told of this place is this; None: that is forgotten.

    | told   | place | follows | same    | again     | verdict   | why                                               |
    |--------|-------|---------|---------|-----------|-----------|---------------------------------------------------|
    | none   | 7     | yes     | unknown | no, yes   | now       | who listens has read or heard what is before it   |
    | none   | 7     | no      | unknown | no, yes   | wait      | 6 may be on its way                               |
    | none   | 7     | any     | yes     | any       | wait      | it waits already, for where to begin              |
    | none   | 7     | any     | unknown | forgotten | unsure    | it may have been told, and more behind it         |
    | none   | 7     | any     | unknown | read      | told      | nobody here has to hear it                        |
    | 3 to 7 | 8     | any     | unknown | any       | now       | it is its turn                                    |
    | 3 to 7 | 9     | any     | unknown | any       | wait      | 8 is on its way                                   |
    | 3 to 7 | 9     | any     | yes     | any       | wait      | it waits already                                  |
    | 3 to 7 | 9     | any     | no      | any       | rewritten | another waits, of a history that is no more       |
    | 3 to 7 | 7     | any     | yes     | any       | told      | it was told again, because an answer was lost     |
    | 3 to 7 | 7     | any     | no      | any       | rewritten | the database went back and gave the place again   |
    | 3 to 7 | 3     | any     | unknown | all but no| told      | so it says                                        |
    | 3 to 7 | 3     | any     | unknown | no        | rewritten | it was done just now, and 4 was told before       |
    | 3 to 7 | 2     | any     | unknown | read      | told      | 3 was the first here, and nobody missed 2         |
    | 3 to 7 | 2     | any     | unknown | the others| late      | 2 comes too late: 3 was taken for the beginning  |

    So what comes again is told where it was not, however late. It ends topics in the last row and where it is unsure:
    once, since it counts as told from then on.
    """
    if is_same is False:
        return "rewritten"
    if first is None or last is None:
        return "wait" if is_same else _decide_beginning(follows=follows, again=again)
    if place > last:
        return "now" if place == last + 1 else "wait"
    if place < first:
        return "told" if again == "read" else "late"
    return "told" if is_same or again != "no" else "rewritten"


def _decide_beginning(*, follows: bool, again: Again) -> Verdict:
    if again == "forgotten":
        return "unsure"
    if again == "read":
        return "told"
    return "now" if follows else "wait"


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
        self._has_forgotten = False
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
        self,
        topic: str,
        place: int,
        mark: int,
        what: What,
        *,
        follows: bool = True,
        is_again: bool = False,
        is_read: bool = False,
    ) -> Due[What]:
        """What is to be told now. If it is over, everything up to this place counts as told from now on. `is_again`:
        whoever tells it knows that it may have been told before. `is_read`: everybody here has read it, if so."""
        told, waiting = self._get(topic), self._waiting.get(topic)
        verdict = decide_turn(
            told and told.first,
            told and told.last,
            place,
            # Where something waits for where to begin, nothing overtakes it.
            follows=follows and waiting is None,
            is_same=_is_same(told, waiting, place, mark),
            again=_again(is_again, is_read, self._has_forgotten),
        )
        if verdict == "now":
            return Due(topic, [what, *self._go_on(topic, (told or Told.before(place)).and_then(mark))])
        if verdict == "wait":
            self._waiting.setdefault(topic, _Waiting()).by_place[place] = mark, what
        elif verdict == "late" and told is not None:
            self._remember(topic, told.from_the_beginning().and_late(place, mark))
            return Due(topic, [what], is_over=True)
        elif verdict in ("rewritten", "unsure"):
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
        self._has_forgotten = False

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
            self._has_forgotten = self._has_forgotten or bool(self._told_before)
            self._told, self._told_before = {}, self._told
        self._told[topic] = told


def _again(is_again: bool, is_read: bool, has_forgotten: bool) -> Again:
    if not is_again:
        return "no"
    if is_read:
        return "read"
    return "forgotten" if has_forgotten else "yes"


def _is_same(told: Told | None, waiting: _Waiting[What] | None, place: int, mark: int) -> bool | None:
    if waiting is not None and place in waiting.by_place:
        return waiting.by_place[place][0] == mark
    return None if told is None else told.is_same(place, mark)
