"""Messages over the socket: stored first, and then told to everybody who has a copy, each their own."""

from collections.abc import Callable

from chat.channels import own
from chat.channels.conversation_events import DeleteMessage, EditMessage, SendMessage
from chat.channels.fan_out import Broadcast, Turn
from chat.channels.hub import Hub, broadcast
from chat.channels.protocol import Reply
from chat.channels.subscription import Subscription
from chat.channels.told import mark_of
from chat.editing import Editing
from chat.message import Delivered
from chat.messages import Messages
from chat.shapes import message_shape


class Writing:
    """The right to write is part of each write, so that nobody can leave in between."""

    def __init__(self, messages: Messages, editing: Editing, hub: Hub, clock: Callable[[], int]) -> None:
        self._messages = messages
        self._editing = editing
        self._hub = hub
        self._clock = clock

    async def send(self, subscription: Subscription, conversation_id: str, push: SendMessage) -> Reply:
        sender, copies = subscription.user_id, push.encrypted_messages
        sent = await self._messages.send(conversation_id, sender, copies, self._clock(), push.client_id)
        if not sent.copies:
            return Reply()
        turn = Turn(subscription.name, sent.place, mark_of(sent.message_group), again=_when_done(sent))
        news = _copies("new_message", conversation_id, sent)
        return Reply(then=lambda: self._hub.tell(*news, turn=turn))

    async def edit(self, subscription: Subscription, conversation_id: str, push: EditMessage) -> Reply:
        group, copies = push.message_group_id, push.encrypted_messages
        edited = await self._editing.edit(conversation_id, subscription.user_id, group, copies, self._clock())
        news = _copies("edit_message", conversation_id, edited)
        return Reply(then=lambda: self._hub.tell(*news, turn=Turn(subscription.name, edited.place)))

    async def delete(self, subscription: Subscription, conversation_id: str, push: DeleteMessage) -> Reply:
        group = push.message_group_id
        place = await self._editing.delete(conversation_id, subscription.user_id, group, self._clock())
        told, turn = {"message_group_id": group}, Turn(subscription.name, place)
        return Reply(then=lambda: self._hub.broadcast(subscription.name, "delete_message", told, turn))


def _when_done(sent: Delivered) -> int | None:
    """Where it was sent before, because the answer was lost. Whoever stored it may not have come to tell of it: it is
    told again, however late, and nodes that have told it do not (`decide_turn`)."""
    return None if sent.is_new else next(iter(sent.copies.values())).inserted_at


def _copies(event: str, conversation_id: str, delivered: Delivered) -> list[Broadcast]:
    return [
        broadcast(
            own.PREFIX + recipient, event, {"message": message_shape(message), "conversation_id": conversation_id}
        )
        for recipient, message in delivered.copies.items()
    ]
