"""What is known from outside of who was in which conversation when, and of every canary: who may have heard it, who
must not, and who has to.

Moments are ticks of one counter. Whatever is asked of the server lies between the tick before the question and that of
the answer, so a membership has a time in which it is possible and, within that, one in which it is certain.
"""

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass, field

NEVER = math.inf


@dataclass(eq=False, slots=True)
class Stay:
    """One membership: possible from the invitation's question on, certain from its answer on; and so for the end."""

    possible_from: float
    certain_from: float = NEVER
    certain_until: float = NEVER
    possible_until: float = NEVER

    def may_overlap(self, start: float, end: float) -> bool:
        return self.possible_from <= end and start <= self.possible_until

    def covers(self, start: float, end: float) -> bool:
        return self.certain_from <= start and end <= self.certain_until


@dataclass(slots=True)
class Canary:
    """A text that was written in a conversation. `people` are those whom it has a copy for, `reached` all whom it came
    to in any way; `heard_on` are the sockets that were told of it, as often as they were."""

    conversation: int
    start: int
    end: float = NEVER
    people: tuple[int, ...] = ()
    is_message: bool = False
    is_refused: bool = False
    reached: set[int] = field(default_factory=set)
    heard_on: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Ears:
    """A socket's life, as far as canaries go: `ready` when its own topic was joined, `flushed` when it was last known
    to have heard everything, `ended` when its sign-out was acknowledged."""

    person: int
    ready: float = NEVER
    flushed: float = 0
    ended: float = NEVER


@dataclass
class Ledger:
    stays: dict[tuple[int, int], list[Stay]] = field(default_factory=lambda: defaultdict(list))
    canaries: list[Canary] = field(default_factory=list)
    ears: list[Ears] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    seen: int = 0
    _ticks: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def tick(self) -> int:
        return next(self._ticks)

    def write(self, conversation: int, people: tuple[int, ...] = (), *, is_message: bool = False) -> int:
        """The number of a new canary, which is about to be sent."""
        self.canaries.append(Canary(conversation, self.tick(), people=people, is_message=is_message))
        return len(self.canaries) - 1

    def may_be_in(self, conversation: int, person: int, start: float, end: float) -> bool:
        return any(stay.may_overlap(start, end) for stay in self.stays[conversation, person])

    def is_in(self, conversation: int, person: int, start: float, end: float) -> bool:
        return any(stay.covers(start, end) for stay in self.stays[conversation, person])

    def is_there(self, conversation: int, person: int) -> bool:
        """As far as is known at this moment: for whoever wants to write to those who are there."""
        stays = self.stays[conversation, person]
        return bool(stays) and stays[-1].certain_from < NEVER and stays[-1].certain_until == NEVER

    def leak(self, what: str) -> None:
        self.leaks.append(what)

    def settle(self) -> int:
        """What can be told when all is over only: that each canary reached nobody but who was there when it was sent,
        and everybody whose socket was open all the while. How many deliveries were owed in that way."""
        ears = defaultdict(list)
        for number, each in enumerate(self.ears):
            ears[each.person].append((number, each))
        everybody = {person for _, person in self.stays}
        owed = 0
        for number, canary in enumerate(self.canaries):
            for person in sorted(canary.reached | set(canary.people)):
                self._check_stranger(number, canary, person)
            if canary.is_message and not canary.is_refused and canary.end < NEVER:
                for person in everybody.difference(canary.people):
                    if self.is_in(canary.conversation, person, canary.start, canary.end):
                        self.leak(f"canary {number} was stored without a copy for member {person}")
                owed += sum(self._check_heard(number, canary, *each) for who in canary.people for each in ears[who])
        return owed

    def _check_stranger(self, number: int, canary: Canary, person: int) -> None:
        if canary.is_refused:
            if canary.reached:
                self.leak(f"canary {number} was refused, and reached {sorted(canary.reached)}")
            return
        if self.may_be_in(canary.conversation, person, canary.start, canary.end):
            return
        if person in canary.reached:
            self.leak(f"canary {number} of conversation {canary.conversation} reached stranger {person}")
        elif canary.is_message and canary.end < NEVER:
            self.leak(f"canary {number} of conversation {canary.conversation} was stored for stranger {person}")

    def _check_heard(self, number: int, canary: Canary, at: int, ears: Ears) -> bool:
        """Whether it was owed to this socket."""
        is_owed = ears.ready < canary.start and canary.end <= ears.flushed
        times = canary.heard_on.count(at)
        if times > 1 or (is_owed and times == 0):
            self.leak(f"canary {number} was heard {times} times on socket {at} of {ears.person}")
        return is_owed
