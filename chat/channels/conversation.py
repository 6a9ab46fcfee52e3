"""`conversation:{id}`: for its members alone. There are none yet, so that each is answered as one that is not there:
just as somebody else's will be."""

from chat.channels.protocol import NOT_FOUND, Payload, PushRefused, Reply
from chat.channels.subscription import Subscription

PREFIX = "conversation:"


class Conversation:
    def knows(self, event: str) -> bool:
        return False

    def admit(self, user_id: str, name: str) -> None:
        raise PushRefused(NOT_FOUND)

    def check(self, event: str, payload: Payload) -> object:
        raise PushRefused(NOT_FOUND)

    async def seek(self, user_id: str, name: str) -> None:
        raise PushRefused(NOT_FOUND)

    async def join(self, subscription: Subscription, wish: object) -> Reply:
        raise PushRefused(NOT_FOUND)

    async def push(self, subscription: Subscription, event: str, payload: object) -> Reply:
        raise PushRefused(NOT_FOUND)

    async def leave(self, subscription: Subscription) -> None:
        """Nobody was here."""
