"""The port through which news of a topic reaches every node, this one included."""

from collections.abc import Callable
from typing import Protocol

import msgspec


class Broadcast(msgspec.Struct, frozen=True, tag=True):
    """A frame for everybody who has joined the topic, encoded once for all of them."""

    topic: str
    text: str


class Announcement(msgspec.Struct, frozen=True, tag=True):
    """One event on many topics, its payload encoded once: a frame is made of it only where somebody listens."""

    topics: tuple[str, ...]
    event: str
    payload: msgspec.Raw


class Expulsion(msgspec.Struct, frozen=True, tag=True):
    """This person has no more to do with the topic: on none of their sockets, and on no node."""

    topic: str
    user_id: str


News = Broadcast | Announcement | Expulsion
Deliver = Callable[[News], None]


class FanOut(Protocol):
    async def publish(self, *news: News) -> None:
        """All of it has its place in the order before this waits for anything: one order for each topic, the same on
        every node, in which an expulsion stands between what it lets pass and what it does not."""

    def subscribe(self, deliver: Deliver) -> None: ...


class InProcess:
    """The fan-out of a single node."""

    def __init__(self) -> None:
        self._deliver: list[Deliver] = []

    def subscribe(self, deliver: Deliver) -> None:
        self._deliver.append(deliver)

    async def publish(self, *news: News) -> None:
        for each in news:
            for deliver in self._deliver:
                deliver(each)
