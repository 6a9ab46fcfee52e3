"""`user:{id}`: what concerns one person alone, on all of their devices."""

from collections.abc import Sequence

import msgspec

from chat.channels.fan_out import Announcement
from chat.channels.protocol import UNAUTHORIZED, Payload, PushRefused, Reply
from chat.channels.push import Push, read_push
from chat.channels.subscription import Subscription
from chat.conversation import Conversation
from chat.shapes import conversation_shape

PREFIX = "user:"


class Renew(Push):
    token: str


EVENTS: dict[str, type[Push]] = {"renew": Renew}


class OwnTopic:
    def knows(self, event: str) -> bool:
        return event in EVENTS

    def admit(self, user_id: str, name: str) -> None:
        if name != PREFIX + user_id:
            raise PushRefused(UNAUTHORIZED)

    def check(self, event: str, payload: Payload) -> object:
        return read_push(EVENTS, event, payload)

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


def announcement(conversation: Conversation, user_ids: Sequence[str]) -> Announcement:
    """To all of them, wherever they look."""
    told = {"conversation": conversation_shape(conversation), "user_ids": user_ids}
    topics = tuple(PREFIX + user_id for user_id in user_ids)
    return Announcement(topics, "new_conversation", msgspec.json.encode(told))
