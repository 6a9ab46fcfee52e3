"""Starting conversations: stored with the starter's keys, and announced to everybody who is in them."""

from collections.abc import Callable
from typing import Any

from chat.channels import conversation
from chat.channels.fan_out import News, Turn
from chat.channels.hub import Hub, broadcast
from chat.channels.own import announcement
from chat.channels.protocol import Reply
from chat.channels.push import Push, check_keys, keys_of
from chat.channels.told import mark_of
from chat.conversation import Started, check_alias, check_new_people
from chat.conversations import Conversations
from chat.encryption_keys import as_sent
from chat.ids import check_client_id
from chat.jwk import KeyPair

TOLD_AGAIN_MS = 24 * 60 * 60 * 1000
"""For so long what was started before is told again. Later it is no answer that was lost: whoever starts a private
conversation that there is has no other way to ask for it."""


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
        here = conversation.PREFIX + started.conversation.id
        told: list[tuple[News, Turn]] = []
        if (beginning := self._beginning(started, here)) is not None:
            told.append((announcement(started.conversation, started.user_ids), beginning))
        if started.keys_place is not None:
            # The other may have been waiting for keys, in a conversation that they know already.
            key = {"user_id": starter, "public_key": as_sent(pair.public, "public", starter)}
            told.append((broadcast(here, "set_encryption_keys", key), Turn(here, started.keys_place)))

        async def tell() -> None:
            for news, turn in told:
                await self._hub.tell(news, turn=turn)

        return Reply(started.conversation.id, then=tell)

    def _beginning(self, started: Started, here: str) -> Turn | None:
        """As messages are: whoever started it before may not have come to tell of it."""
        began, mark = started.conversation.inserted_at, mark_of(started.conversation.id)
        if started.is_new:
            return Turn(here, 0, mark)
        return Turn(here, 0, mark, again=began) if began > self._clock() - TOLD_AGAIN_MS else None

    async def _started(
        self, starter: str, push: StartGroupConversation | StartPrivateConversation, pair: KeyPair
    ) -> Started:
        if isinstance(push, StartPrivateConversation):
            return await self._conversations.start_private(starter, push.other_user_id, pair, self._clock())
        people, alias, client_id = push.user_ids, push.alias, push.client_id
        return await self._conversations.start_group(starter, people, alias, pair, self._clock(), client_id)
