"""The topics that one socket is in: entering them, and leaving them however it comes to that."""

import logging
import traceback

from chat.channels.hub import Hub
from chat.channels.protocol import Reply
from chat.channels.subscription import Subscription
from chat.channels.topic import Topic

log = logging.getLogger("chat.channels")


class Places:
    __slots__ = ("_hub", "_inside")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._inside: dict[str, tuple[Topic, Subscription]] = {}

    def topic(self, name: str) -> Topic | None:
        inside = self._inside.get(name)
        return None if inside is None else inside[0]

    def subscription(self, name: str) -> Subscription | None:
        inside = self._inside.get(name)
        return None if inside is None else inside[1]

    async def enter(self, topic: Topic, subscription: Subscription, wish: object) -> Reply:
        """The topic's answer to a join. Raises what the topic does, and PushRefused for who was expelled meanwhile."""
        self._inside[subscription.name] = topic, subscription
        self._hub.subscribe(subscription)
        try:
            reply = await topic.join(subscription, wish)
            subscription.check()
        except BaseException:
            self._forget(subscription)
            await topic.leave(subscription)
            raise
        return reply

    async def drop(self, name: str) -> Subscription | None:
        """Leaves a topic; what was left, if anything. Raises what the topic does, having left it all the same."""
        inside = self._inside.get(name)
        if inside is None:
            return None
        topic, subscription = inside
        self._forget(subscription)
        await topic.leave(subscription)
        return subscription

    def expelled(self, subscription: Subscription) -> None:
        self._forget(subscription)

    async def leave(self, name: str) -> None:
        try:
            await self.drop(name)
        except Exception as error:  # noqa: BLE001 - the other topics are left all the same
            note(error, name)

    async def leave_all(self) -> None:
        # First what cannot fail: whatever a topic does about it, nothing is delivered here any more.
        for _, subscription in self._inside.values():
            self._hub.unsubscribe(subscription)
        for name in tuple(self._inside):
            await self.leave(name)

    def _forget(self, subscription: Subscription) -> None:
        self._hub.unsubscribe(subscription)
        if self.subscription(subscription.name) is subscription:
            del self._inside[subscription.name]


def note(error: Exception, topic: str) -> None:
    """The place alone: a message may quote what was sent."""
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("unexpected %s in topic %.60r\n%s", type(error).__name__, topic, places)
