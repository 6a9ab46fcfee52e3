"""The hub: who hears a topic on this node, and the port through which broadcasts reach the other nodes."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from chat.channels.protocol import encode_event


class Listener(Protocol):
    """An open socket, as the hub sees it."""

    def deliver(self, text: str) -> None:
        """Queues a frame; never waits, so that one slow reader delays nobody."""


class FanOut(Protocol):
    """How a broadcast reaches every node, this one included, in one order per topic."""

    async def publish(self, topic: str, text: str) -> None: ...

    def subscribe(self, deliver: Callable[[str, str], None]) -> None: ...


class InProcess:
    """The fan-out of a single node."""

    def __init__(self) -> None:
        self._deliver: list[Callable[[str, str], None]] = []

    def subscribe(self, deliver: Callable[[str, str], None]) -> None:
        self._deliver.append(deliver)

    async def publish(self, topic: str, text: str) -> None:
        for deliver in self._deliver:
            deliver(topic, text)


class Hub:
    def __init__(self, fan_out: FanOut) -> None:
        self._fan_out = fan_out
        self._listeners: dict[str, set[Listener]] = {}
        fan_out.subscribe(self._deliver)

    def subscribe(self, topic: str, listener: Listener) -> None:
        self._listeners.setdefault(topic, set()).add(listener)

    def unsubscribe(self, topic: str, listener: Listener) -> None:
        listeners = self._listeners.get(topic)
        if listeners is not None:
            listeners.discard(listener)
            if not listeners:
                del self._listeners[topic]

    def broadcast(self, topic: str, event: str, payload: object) -> Awaitable[None]:
        """Encoded once for everybody who hears it."""
        return self._fan_out.publish(topic, encode_event(topic, event, payload))

    def _deliver(self, topic: str, text: str) -> None:
        for listener in tuple(self._listeners.get(topic, ())):
            listener.deliver(text)
