"""What every topic is: it answers joins and pushes, and is told when a socket leaves it."""

from typing import Protocol

from chat.channels.protocol import Payload, Reply


class Member(Protocol):
    """The socket that a topic deals with: one person on one device."""

    @property
    def user_id(self) -> str: ...

    @property
    def id(self) -> str:
        """Names this socket for its life; no secret."""

    async def renew(self, token: str) -> None:
        """Shows a newer auth token. Raises InvalidAuthToken."""


class Topic(Protocol):
    """Authorisation is the socket's business and was done when these are called, save what only a topic can know."""

    def knows(self, event: str) -> bool:
        """Whether clients may push this event. Asked before the token is judged."""

    def admit(self, member: Member, topic: str) -> None:
        """Raises PushRefused where this person may not join; asked before the token is judged."""

    def check(self, event: str, payload: Payload) -> object:
        """The payload as its event takes it. Raises PushRefused; asked before the token is judged."""

    async def join(self, member: Member, topic: str, payload: Payload) -> Reply:
        """Called once the socket is subscribed, so that what happens after the snapshot is not missed."""

    async def push(self, member: Member, topic: str, event: str, payload: object) -> Reply: ...

    async def leave(self, member: Member, topic: str) -> None: ...
