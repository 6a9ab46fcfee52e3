"""The port through which what is told of a topic reaches every node, this one included."""

from collections.abc import AsyncIterator, Container
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import msgspec

from chat.channels.told import ANY
from chat.channels.words import Word


class Broadcast(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """A frame for everybody who has joined the topic, encoded once for all of them."""

    topic: str
    text: str


class Announcement(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """One event on many topics, its payload (JSON) encoded once: a frame is made of it only where somebody listens."""

    topics: tuple[str, ...]
    event: str
    payload: bytes

    @property
    def content(self) -> msgspec.Raw:
        return msgspec.Raw(self.payload)


class Expulsion(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """This person has no more to do with the topic: on none of their sockets, and on no node. `place` is that of their
    leaving, so that whoever has come back since is not meant."""

    topic: str
    user_id: str
    place: int


News = Broadcast | Announcement | Expulsion


class Turn(msgspec.Struct, frozen=True, gc=False):
    """The place of what was done, among all that was done in this conversation: places are taken in the order of the
    commits, and none is left out. `mark` is by what it is known again; the hub gives one to what has none, and is told
    once. `again`: it may have been told already; Unix milliseconds of when it was done. `follows`: whoever tells it has
    heard what is before it."""

    topic: str
    place: int
    mark: int = ANY
    again: int | None = None
    follows: bool = False


class Telling(msgspec.Struct, frozen=True, gc=False):
    """What is told together. Without a turn it is of the moment: told as it comes, or not at all. `unheard` are topics
    that end in this turn: what was for them was too much to keep, and whoever listens there has to read it."""

    news: tuple[News, ...]
    turn: Turn | None = None
    unheard: tuple[str, ...] = ()

    @property
    def topics(self) -> frozenset[str]:
        """All that it is for."""
        return frozenset(self.unheard).union(*map(topics_of, self.news))

    def in_brief(self) -> "Telling":
        """Its turn, who is put out, and the topics that have to end for the rest of it."""
        kept = tuple(each for each in self.news if isinstance(each, Expulsion))
        rest = {topic: None for each in self.news if not isinstance(each, Expulsion) for topic in topics_of(each)}
        return Telling(kept, self.turn, tuple(rest))


def topics_of(news: News) -> tuple[str, ...]:
    return news.topics if isinstance(news, Announcement) else (news.topic,)


class Recipient(Protocol):
    """Whom on this node news is for."""

    topics: Container[str]
    """Those that it wants news of; of all others it is told the turn alone."""

    def deliver(self, telling: Telling) -> None:
        """In one order, the same on every node."""


class Listener:
    """A part of this node that has to do with the others. It is told of what it overrides."""

    def hear(self, node: str, word: Word) -> None:
        """What another node says, in the order in which it does."""

    def tick(self) -> None:
        """About once a second, while the others are heard; never twice without a chance for what has come meanwhile."""

    def lost(self) -> None:
        """From here on this node does not know what the others tell."""

    def found(self) -> None:
        """It knows again; what was told meanwhile is not told again."""


class FanOut(Protocol):
    node: str
    """A name for this process, and no other before or after it."""

    is_alone: bool
    """There are no others, and what is told here is told in its order."""

    @property
    def is_whole(self) -> bool:
        """Whether this node hears what the others tell."""

    def deliver_to(self, recipient: Recipient) -> None: ...

    def subscribe(self, listener: Listener) -> None: ...

    async def publish(self, telling: Telling) -> None:
        """It has its place in the order before this waits for anything. What has a turn reaches the others however
        late, or else the end of the topics that it is for; what is of the moment is not told while the others cannot
        hear it."""

    def say(self, word: Word, *, however_late: bool = False) -> None:
        """To the other nodes. What of a person is said late is said once of all that has changed."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """From when it can be heard what others tell, or is known that it cannot yet; until what was published is on
        its way."""


class InProcess:
    """The fan-out of a single node."""

    node = "alone"
    is_alone = True
    is_whole = True

    def __init__(self) -> None:
        self._recipient: Recipient | None = None

    def deliver_to(self, recipient: Recipient) -> None:
        self._recipient = recipient

    def subscribe(self, listener: Listener) -> None:
        """There is nobody else to hear."""

    async def publish(self, telling: Telling) -> None:
        if self._recipient is not None:
            self._recipient.deliver(telling)

    def say(self, word: Word, *, however_late: bool = False) -> None:
        """There is nobody else."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield
