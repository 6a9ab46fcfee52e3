"""The hub: who has joined a topic on this node, and what they are told."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Container, Iterable

from msgspec.structs import replace

from chat.channels.fan_out import Announcement, Broadcast, Expulsion, FanOut, Listener, News, Telling, Turn
from chat.channels.noting import note
from chat.channels.protocol import encode_event
from chat.channels.subscription import Subscription
from chat.channels.told import ANY, mark_of
from chat.channels.turns import Due, Turns
from latchstring import Unavailable

TICK_SECONDS = 0.1
"""While something waits for its turn: `turns.PATIENCE` of them, some two seconds, with nothing told in its turn."""

AT_ONCE = 100
"""Topics that are ended in a row, before others have their turn."""

MARGIN_MS = 5_000
"""Between when something is said to have been done and its commit."""


class Hub(Listener):
    def __init__(self, fan_out: FanOut, clock: Callable[[], int]) -> None:
        self._fan_out = fan_out
        self._clock = clock
        self._subscriptions: dict[str, set[Subscription]] = {}
        self.topics: Container[str] = self._subscriptions
        self._before: dict[str, Callable[[], None]] = {}
        self._turns: Turns[Telling] = Turns()
        self._marks = itertools.count()
        self._ticking: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._since: int | None = None
        """Whoever listens here has joined later than this, and read what had been done by then."""
        fan_out.deliver_to(self)
        fan_out.subscribe(self)

    def subscribe(self, subscription: Subscription) -> None:
        """Raises Unavailable while this node does not hear what the others tell."""
        if not self._fan_out.is_whole:
            raise Unavailable("This node does not hear what the others tell.")
        if self._since is None:
            self._since = self._clock()
        self._subscriptions.setdefault(subscription.name, set()).add(subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        those = self._subscriptions.get(subscription.name)
        if those is not None:
            those.discard(subscription)
            if not those:
                del self._subscriptions[subscription.name]

    def listeners(self, topic: str) -> int:
        """How many, on this node."""
        return len(self._subscriptions.get(topic, ()))

    def before(self, topic: str, tell: Callable[[], None]) -> None:
        """Called before anything is told of the topic here: what waits to be told has its place before it."""
        self._before[topic] = tell

    # To all nodes

    def broadcast(self, topic: str, event: str, payload: object, turn: Turn | None = None) -> Awaitable[None]:
        return self.tell(broadcast(topic, event, payload), turn=turn)

    def tell(self, *news: News, turn: Turn | None = None) -> Awaitable[None]:
        """In this order; what expels somebody comes first, and is done here at once: who has left hears no word behind
        the answer. Whoever tells of a write awaits nothing between the write's answer and this, so that what waits for
        its turn need not wait long."""
        self._expel(news)
        return self._fan_out.publish(Telling(news, None if turn is None else self._as_it_goes_out(turn)))

    def _as_it_goes_out(self, turn: Turn) -> Turn:
        mark = mark_of(f"{self._fan_out.node} {next(self._marks)}") if turn.mark == ANY else turn.mark
        return replace(turn, mark=mark, follows=self._turns.has_told(turn.topic, turn.place - 1))

    # On this node

    def deliver(self, telling: Telling) -> None:
        self._expel(telling.news)
        turn = telling.turn
        if turn is None:
            self._pass_on(telling)
        else:
            self._take(turn, telling)

    def tell_here(self, topic: str, event: str, payload: object) -> None:
        if topic in self._subscriptions:
            self._give(broadcast(topic, event, payload))

    def _take(self, turn: Turn, telling: Telling) -> None:
        due = self._turns.take(
            turn.topic,
            turn.place,
            turn.mark,
            telling,
            follows=turn.follows or self._fan_out.is_alone,
            is_again=turn.again is not None,
            is_read=self._has_been_read(turn),
        )
        self._act(due)
        self._tick_later()

    def _has_been_read(self, turn: Turn) -> bool:
        """Whether it is told again, and everybody here has read it when they joined."""
        if turn.again is None:
            return False
        return self._since is None or turn.again < self._since - MARGIN_MS

    def _tick_later(self) -> None:
        if self._turns.is_waiting and self._ticking is None:
            self._ticking = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        self._ticking = None
        try:
            for due in self._turns.tick():
                self._act(due)
        finally:
            self._tick_later()

    def _act(self, due: Due[Telling]) -> None:
        if due.is_over:
            self._end_topics(due.topic, due.whats)
            return
        for each in due.whats:
            self._pass_on(each)

    def _pass_on(self, telling: Telling) -> None:
        for news in telling.news:
            if isinstance(news, Broadcast):
                self._give(news)
            elif isinstance(news, Announcement):
                for topic in news.topics:
                    self.tell_here(topic, news.event, news.content)
        self._end_all(telling.unheard)

    def _give(self, news: Broadcast) -> None:
        if tell := self._before.get(news.topic):
            tell()
        # A copy: whoever is found not to read goes out of the set meanwhile.
        for subscription in tuple(self._subscriptions.get(news.topic, ())):
            subscription.deliver(news.text)

    def _expel(self, news: tuple[News, ...]) -> None:
        """Before its turn, too: nothing is lost to whoever has no right to it."""
        for each in news:
            if not isinstance(each, Expulsion):
                return
            theirs = [it for it in self._subscriptions.get(each.topic, ()) if it.user_id == each.user_id]
            for subscription in theirs:
                if subscription.expel(each.place):
                    self.unsubscribe(subscription)
            # Whoever was seen to be a member later than that has come back since, or else the database has gone back
            # and gives places again. They join again, and it is read which of the two it was.
            late = [it for it in theirs if it.is_seen_after(each.place)]
            for subscription in late:
                self.unsubscribe(subscription)
            self._end(late)

    # Where it is not known what was told

    def lost(self) -> None:
        """Every topic ends, and is joined again when the others are heard: what was missed is read then."""
        those = [each for joined in self._subscriptions.values() for each in joined]
        self._subscriptions.clear()
        self._turns.forget()
        self._since = None
        self._end(those)

    def _end_topics(self, topic: str, tellings: Iterable[Telling]) -> None:
        """Something that was done there cannot be told in its turn: whoever listens has to read it."""
        self._end_all({topic}.union(*(telling.topics for telling in tellings)))

    def _end_all(self, topics: Iterable[str]) -> None:
        self._end([each for topic in topics for each in self._subscriptions.pop(topic, ())])

    def _end(self, those: Iterable[Subscription]) -> None:
        told = [each for each in those if each.fail()]
        if told:
            task = asyncio.create_task(_tell_the_end(told))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


async def _tell_the_end(those: list[Subscription]) -> None:
    for number, subscription in enumerate(those, start=1):
        try:
            await subscription.line.end_topic(subscription)
        except Exception as error:  # noqa: BLE001 - the others are told all the same
            note(error, subscription.name)
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)


def broadcast(topic: str, event: str, payload: object) -> Broadcast:
    return Broadcast(topic, encode_event(topic, event, payload))
