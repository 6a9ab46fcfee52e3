"""What every topic is: it answers joins and pushes, and is told when a socket leaves it."""

from typing import Protocol

from chat.channels.protocol import Payload, Reply
from chat.channels.subscription import Subscription


class Topic(Protocol):
    """The token is the socket's business. In the order in which it asks: `knows`, `admit` and `check` need nobody's
    rows and come before the token is judged; then `join` or `push`."""

    def knows(self, event: str) -> bool:
        """Whether clients may push this event."""

    def admit(self, user_id: str, name: str) -> None:
        """Raises PushRefused where the name alone says that this person may not join."""

    def check(self, event: str, payload: Payload) -> object:
        """The payload as its event takes it, joins included. Raises PushRefused or Refused."""

    async def seek(self, user_id: str, name: str) -> None:
        """Raises as a join would where this person has no such topic. Asked where a join's token is bad."""

    async def join(self, subscription: Subscription, wish: object) -> Reply:
        """Called once the socket is subscribed, so that what happens after the snapshot is not missed."""

    async def push(self, subscription: Subscription, event: str, payload: object) -> Reply:
        """Whatever others are to be told of a write is the reply's `then`."""

    async def leave(self, subscription: Subscription) -> None:
        """Not called for who was expelled: a topic that expels keeps nothing of who is there."""
