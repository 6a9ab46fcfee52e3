"""`conversation:{id}`: for its members alone. Somebody else's is answered as one that is not there."""

from collections.abc import Callable

from chat.channels.conversation_events import (
    EVENTS,
    ChangeAlias,
    DeleteMessage,
    EditMessage,
    FinishTyping,
    LeaveConversation,
    ModifyConversation,
    ReadConversation,
    SendMessage,
    SetEncryptionKeys,
    StartTyping,
)
from chat.channels.fan_out import Expulsion, Turn
from chat.channels.hub import Hub, broadcast
from chat.channels.own import announcement
from chat.channels.protocol import UNKNOWN_EVENT, Payload, PushRefused, Reply
from chat.channels.push import keys_of, read_push
from chat.channels.snapshot import Snapshots
from chat.channels.subscription import Subscription
from chat.channels.writing import Writing
from chat.conversations import Conversations
from chat.encryption_keys import EncryptionKeys, as_sent
from chat.groups import Groups
from chat.memberships import check_conversation_id
from chat.refusals import NoConversation
from chat.rosters import Rosters
from chat.shapes import conversation_shape

PREFIX = "conversation:"


class ConversationTopic:
    def __init__(
        self,
        conversations: Conversations,
        groups: Groups,
        rosters: Rosters,
        snapshots: Snapshots,
        writing: Writing,
        keys: EncryptionKeys,
        hub: Hub,
        clock: Callable[[], int],
    ) -> None:
        self._conversations = conversations
        self._groups = groups
        self._rosters = rosters
        self._snapshots = snapshots
        self._writing = writing
        self._keys = keys
        self._hub = hub
        self._clock = clock

    def knows(self, event: str) -> bool:
        return event in EVENTS

    def admit(self, user_id: str, name: str) -> None:
        check_conversation_id(_id(name))

    def check(self, event: str, payload: Payload) -> object:
        return read_push(EVENTS, event, payload)

    async def seek(self, user_id: str, name: str) -> None:
        await self._rosters.get(_id(name), user_id)

    async def join(self, subscription: Subscription, wish: object) -> Reply:
        subscription.since, told = await self._snapshots.of(_id(subscription.name), subscription.user_id)
        return Reply(told)

    async def push(self, subscription: Subscription, event: str, payload: object) -> Reply:
        here = _id(subscription.name)
        match payload:
            case SendMessage():
                return await self._writing.send(subscription, here, payload)
            case EditMessage():
                return await self._writing.edit(subscription, here, payload)
            case DeleteMessage():
                return await self._writing.delete(subscription, here, payload)
            case StartTyping() | FinishTyping():
                return await self._type(subscription, event)
            case ReadConversation():
                return await self._read(subscription)
            case ChangeAlias(alias=alias):
                return await self._change_alias(subscription, alias or "")
            case ModifyConversation():
                return await self._modify(subscription, payload)
            case LeaveConversation():
                return await self._leave_for_good(subscription)
            case SetEncryptionKeys():
                return await self._set_keys(subscription, payload)
        raise PushRefused(UNKNOWN_EVENT)

    async def _type(self, subscription: Subscription, event: str) -> Reply:
        """Nothing is written here, so the right to it is read; what was read may be older than an expulsion."""
        await self._rosters.get(_id(subscription.name), subscription.user_id)
        subscription.check()
        subscription.is_typing = event == "start_typing"
        return self._tell(subscription, event, {"user_id": subscription.user_id})

    async def _read(self, subscription: Subscription) -> Reply:
        await self._conversations.read(_id(subscription.name), subscription.user_id, self._clock())
        return self._tell(subscription, "read_conversation", {"user_id": subscription.user_id})

    async def _change_alias(self, subscription: Subscription, alias: str) -> Reply:
        here, member = _id(subscription.name), subscription.user_id
        changed = await self._groups.change_alias(here, member, alias, self._clock())
        return self._tell(subscription, "update_alias", {"conversation": conversation_shape(changed)}, changed.place)

    async def _modify(self, subscription: Subscription, push: ModifyConversation) -> Reply:
        here, member = _id(subscription.name), subscription.user_id
        modified = await self._groups.modify(here, member, push.new_members, push.name(), self._clock())
        news = announcement(modified.conversation, modified.user_ids)
        turn = Turn(subscription.name, modified.conversation.place)
        return Reply(then=lambda: self._hub.tell(news, turn=turn))

    async def _leave_for_good(self, subscription: Subscription) -> Reply:
        """First the leaver is out on every socket of theirs; then the others are told."""
        name, leaver = subscription.name, subscription.user_id
        try:
            place = await self._groups.leave(_id(name), leaver, self._clock())
        except NoConversation:
            await self._expel_again(name, leaver)
            raise
        news = Expulsion(name, leaver, place), broadcast(name, "leave_conversation", {"user_id": leaver})
        return Reply(then=lambda: self._hub.tell(*news, turn=Turn(name, place)))

    async def _expel_again(self, name: str, leaver: str) -> None:
        """They left before, and whoever wrote that may not have come to tell of it."""
        place = await self._rosters.place_without(_id(name), leaver)
        if place is not None:
            await self._hub.tell(Expulsion(name, leaver, place))

    async def _set_keys(self, subscription: Subscription, push: SetEncryptionKeys) -> Reply:
        here, member, pair = _id(subscription.name), subscription.user_id, keys_of(push)
        place = await self._keys.set(here, member, pair, self._clock(), if_none=push.if_none)
        if place is None:
            return Reply()
        told = {"user_id": member, "public_key": as_sent(pair.public, "public", member)}
        return self._tell(subscription, "set_encryption_keys", told, place)

    def _tell(self, subscription: Subscription, event: str, payload: object, place: int | None = None) -> Reply:
        """What has no place is of the moment: who types, and who has read."""
        turn = None if place is None else Turn(subscription.name, place)
        return Reply(then=lambda: self._hub.broadcast(subscription.name, event, payload, turn))

    async def leave(self, subscription: Subscription) -> None:
        """Who was cut off in the middle of a word is not typing any more."""
        if subscription.is_typing:
            await self._hub.broadcast(subscription.name, "finish_typing", {"user_id": subscription.user_id})


def _id(name: str) -> str:
    return name.removeprefix(PREFIX)
