"""Starting conversations: stored with the starter's keys, and announced to everybody who is in them."""

from collections.abc import Callable
from typing import Any

from chat.channels import conversation
from chat.channels.fan_out import News, Turn
from chat.channels.hub import Hub
from chat.channels.own import announcement
from chat.channels.protocol import Reply
from chat.channels.push import Push, check_keys, keys_of
from chat.conversation import Started, check_alias, check_new_people
from chat.conversations import Conversations
from chat.encryption_keys import as_sent
from chat.ids import check_client_id
from chat.jwk import KeyPair


class StartGroupConversation(Push):
    """`client_id`: started again with the same one, it is the same group."""

    user_ids: list[str]
    public_key: Any
    private_key: Any
    alias: str | None = None
    client_id: str | None = None

    def check(self) -> None:
        check_new_people(self.user_ids, "user_ids")
        check_alias(self.alias or "")
        check_client_id(self.client_id)
        check_keys(self)


class StartPrivateConversation(Push):
    other_user_id: str
    public_key: Any
    private_key: Any

    def check(self) -> None:
        check_new_people((self.other_user_id,), "other_user_id")
        check_keys(self)


class Starting:
    def __init__(self, conversations: Conversations, hub: Hub, clock: Callable[[], int]) -> None:
        self._conversations = conversations
        self._hub = hub
        self._clock = clock

    async def start(self, starter: str, push: StartGroupConversation | StartPrivateConversation) -> Reply:
        pair = keys_of(push)
        started = await self._started(starter, push, pair)
        id_, topic = started.conversation.id, conversation.PREFIX + started.conversation.id
        if started.is_new:
            news: News = announcement(started.conversation, started.user_ids)
            return Reply(id_, then=lambda: self._hub.tell(news, turn=Turn(topic, started.conversation.place)))
        if started.keys_place is None:
            return Reply(id_)
        # The other may have been waiting for keys, in a conversation that they know already.
        told = {"user_id": starter, "public_key": as_sent(pair.public, "public", starter)}
        turn = Turn(topic, started.keys_place)
        return Reply(id_, then=lambda: self._hub.broadcast(topic, "set_encryption_keys", told, turn))

    async def _started(
        self, starter: str, push: StartGroupConversation | StartPrivateConversation, pair: KeyPair
    ) -> Started:
        if isinstance(push, StartPrivateConversation):
            return await self._conversations.start_private(starter, push.other_user_id, pair, self._clock())
        people, alias, client_id = push.user_ids, push.alias, push.client_id
        return await self._conversations.start_group(starter, people, alias, pair, self._clock(), client_id)
