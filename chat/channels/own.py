"""`user:{id}`: what concerns one person alone, on all of their devices."""

import msgspec

from chat.channels.protocol import UNAUTHORIZED, Payload, PushRefused, Reply, read_payload
from chat.channels.subscription import Subscription

PREFIX = "user:"


class Renew(msgspec.Struct):
    token: str


EVENTS: dict[str, type[msgspec.Struct]] = {"renew": Renew}


class Own:
    def knows(self, event: str) -> bool:
        return event in EVENTS

    def admit(self, user_id: str, name: str) -> None:
        if name != PREFIX + user_id:
            raise PushRefused(UNAUTHORIZED)

    def check(self, event: str, payload: Payload) -> object:
        return read_payload(payload, EVENTS[event]) if event in EVENTS else None

    async def seek(self, user_id: str, name: str) -> None:
        """The name has said it all."""

    async def join(self, subscription: Subscription, wish: object) -> Reply:
        return Reply({})

    async def push(self, subscription: Subscription, event: str, payload: object) -> Reply:
        if isinstance(payload, Renew):
            await subscription.line.renew(payload.token)
        return Reply()

    async def leave(self, subscription: Subscription) -> None:
        """Nothing is kept of who listens here."""
