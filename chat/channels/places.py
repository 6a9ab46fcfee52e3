"""The topics that one socket is in: entering them, and leaving them however it comes to that."""

from chat.channels.hub import Hub
from chat.channels.noting import note
from chat.channels.protocol import Reply
from chat.channels.subscription import Subscription
from chat.channels.topic import Topic


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
        """The topic's answer to a join. Raises what the topic does, Unavailable, and PushRefused for who was expelled
        meanwhile."""
        self._hub.subscribe(subscription)
        self._inside[subscription.name] = topic, subscription
        try:
            reply = await topic.join(subscription, wish)
            subscription.check()
        except BaseException:
            self.forget(subscription)
            await topic.leave(subscription)
            raise
        return reply

    async def leave(self, name: str) -> Subscription | None:
        """What was left, if anything; however the topic fails over it, it is left."""
        inside = self._inside.get(name)
        if inside is None:
            return None
        topic, subscription = inside
        self.forget(subscription)
        subscription.leave()
        try:
            await topic.leave(subscription)
        except Exception as error:  # noqa: BLE001 - whatever is done next is done all the same
            note(error, name)
        return subscription

    async def leave_all(self) -> None:
        # First what cannot fail: whatever a topic does about it, nothing is delivered here any more.
        for _, subscription in self._inside.values():
            self._hub.unsubscribe(subscription)
        for name in tuple(self._inside):
            await self.leave(name)

    def forget(self, subscription: Subscription) -> None:
        """Without a word to its topic: that is the one which has expelled it, or could not let it in."""
        self._hub.unsubscribe(subscription)
        if self.subscription(subscription.name) is subscription:
            del self._inside[subscription.name]
