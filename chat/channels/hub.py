"""The hub: who has joined a topic on this node, and what they are told."""

from collections.abc import Awaitable

from chat.channels.fan_out import Announcement, Broadcast, FanOut, News
from chat.channels.protocol import encode_event
from chat.channels.subscription import Subscription


class Hub:
    def __init__(self, fan_out: FanOut) -> None:
        self._fan_out = fan_out
        self._subscriptions: dict[str, set[Subscription]] = {}
        fan_out.subscribe(self._deliver)

    def subscribe(self, subscription: Subscription) -> None:
        self._subscriptions.setdefault(subscription.name, set()).add(subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        those = self._subscriptions.get(subscription.name)
        if those is not None:
            those.discard(subscription)
            if not those:
                del self._subscriptions[subscription.name]

    def broadcast(self, topic: str, event: str, payload: object) -> Awaitable[None]:
        return self.tell(broadcast(topic, event, payload))

    def tell(self, *news: News) -> Awaitable[None]:
        """In this order. Whoever tells of a write awaits nothing between the write's answer and this: answers come in
        the order of the commits, and so the news does."""
        return self._fan_out.publish(*news)

    def _deliver(self, news: News) -> None:
        if isinstance(news, Announcement):
            for topic in news.topics:
                if topic in self._subscriptions:
                    self._deliver(broadcast(topic, news.event, news.payload))
            return
        # A copy: whoever is expelled, or found not to read, goes out of the set meanwhile.
        for subscription in tuple(self._subscriptions.get(news.topic, ())):
            if isinstance(news, Broadcast):
                subscription.deliver(news.text)
            elif subscription.user_id == news.user_id:
                self.unsubscribe(subscription)
                subscription.expel()


def broadcast(topic: str, event: str, payload: object) -> Broadcast:
    return Broadcast(topic, encode_event(topic, event, payload))
