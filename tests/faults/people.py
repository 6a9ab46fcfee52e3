"""Who there is, what they have, and what they have to say."""

import itertools
import math
import uuid
from dataclasses import dataclass, field

PASSWORD = "nine calm herons by the weir"


@dataclass(eq=False, slots=True)
class Message:
    """`by` is the device that says it: it says one thing after the other, and each until it is acknowledged."""

    number: int
    conversation: str
    by: str
    client_id: str
    acknowledged: bool = False

    @property
    def text(self) -> str:
        """Base64, as it happens."""
        return f"msg{self.number:07}xx"


def number_of(text: str) -> int:
    return int(text[3:10])


@dataclass(eq=False, slots=True)
class Person:
    number: int
    id: str = ""
    conversations: list[str] = field(default_factory=list)
    ending_everything: int = 0
    """How many of their sign-outs everywhere are under way."""
    everything_ended_at: float = -math.inf
    """Ledger time at which the last of those was answered."""

    @property
    def email(self) -> str:
        return f"person{self.number}@example.org"

    def ended_everything_since(self, asked_at: float) -> bool:
        """A session that was asked for then may have been ended by that."""
        return self.ending_everything > 0 or asked_at <= self.everything_ended_at


@dataclass
class Talk:
    """`members` by conversation; `heard` are the joins of all sockets, each the numbers that it was told, in order."""

    members: dict[str, list[Person]] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    heard: list["Ears"] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def write(self, conversation: str, by: str) -> Message:
        made = Message(next(self._numbers), conversation, by, str(uuid.uuid4()))
        self.messages[made.number] = made
        return made


@dataclass(eq=False, slots=True)
class Ears:
    """What one socket was told of each conversation, from a join to the end of that topic."""

    who: str
    node: str
    told: dict[str, list[int]] = field(default_factory=dict)
