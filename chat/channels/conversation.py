"""`conversation:{id}`: for its members alone. There are none yet, so that each is answered as one that is not there:
just as somebody else's will be."""

from chat.channels.protocol import NOT_FOUND, Payload, PushRefused, Reply
from chat.channels.topic import Member

PREFIX = "conversation:"


class Conversation:
    def knows(self, event: str) -> bool:
        return False

    def admit(self, member: Member, topic: str) -> None:
        raise PushRefused(NOT_FOUND)

    def check(self, event: str, payload: Payload) -> object:
        raise PushRefused(NOT_FOUND)

    async def join(self, member: Member, topic: str, payload: Payload) -> Reply:
        raise PushRefused(NOT_FOUND)

    async def push(self, member: Member, topic: str, event: str, payload: object) -> Reply:
        raise PushRefused(NOT_FOUND)

    async def leave(self, member: Member, topic: str) -> None:
        """Nobody was here."""
