"""What a client draws a conversation with: the answer to a join."""

import asyncio

from chat.conversation import Member
from chat.encryption_keys import EncryptionKeys
from chat.history import History
from chat.rosters import Rosters
from chat.shapes import conversation_shape, person_shape
from latchstring.http import wire_time


class Snapshots:
    def __init__(self, rosters: Rosters, history: History, keys: EncryptionKeys) -> None:
        self._rosters = rosters
        self._history = history
        self._keys = keys

    async def of(self, conversation_id: str, reader: str) -> tuple[int, dict[str, object]]:
        """With the place in the conversation at which the reader was seen to be a member. Raises NoConversation: at the
        first read for a stranger, and at the last for whoever left in between, so that nothing is answered that was
        read after the reader's time."""
        messages = await self._history.page(conversation_id, reader)
        members, public_keys, private_key = await asyncio.gather(
            self._rosters.members(conversation_id),
            self._keys.public(conversation_id),
            self._keys.private(conversation_id, reader),
        )
        conversation = await self._rosters.get(conversation_id, reader)
        told = {
            "conversation": conversation_shape(conversation),
            "users": [person_shape(member.person) for member in members],
            "messages": messages,
            "read_times": {member.person.id: _read_time(member) for member in members},
            "public_keys": public_keys,
            "private_key": private_key,
        }
        return conversation.place, told


def _read_time(member: Member) -> str | None:
    return None if member.read_at is None else wire_time(member.read_at)
