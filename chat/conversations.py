"""Conversations: private ones, of two people for ever, and groups that people name, join and leave."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

from collections.abc import Sequence

import msgspec

from chat.conversation import Conversation, Started, check_alias, check_new_people, pair_of
from chat.encryption_keys import EncryptionKeys, KeyPair
from chat.ids import is_id, new_id
from chat.memberships import IS_MEMBER, check_conversation_id, joining
from chat.refusals import NoConversation, PrivateConversation, invalid
from chat.rosters import Rosters, read_conversation
from latchstring import Conflict, Engine, Entropy, NotFound, Refused, Statement, Value

_RETURNED = "id, private, alias, inserted_at, updated_at"
_NEW = """
INSERT INTO conversations (id, private, pair, alias, inserted_at, updated_at)
VALUES (:conversation_id, :private, :pair, :alias, :now, :now)
ON CONFLICT (pair) DO NOTHING
RETURNING id"""
_USER_IDS = "SELECT user_id FROM members WHERE conversation_id = :conversation_id ORDER BY joined_at, user_id"
_CHANGE_GROUP = f"""
UPDATE conversations SET alias = CASE WHEN :renames = 1 THEN :alias ELSE alias END, updated_at = :now
WHERE id = :conversation_id AND private = 0 AND {IS_MEMBER}
RETURNING {_RETURNED}"""
_LEAVE = "DELETE FROM members WHERE conversation_id = :conversation_id AND user_id = :member RETURNING user_id"
_READ = """
UPDATE members
SET read_at = :now, read_seq = (SELECT last_seq FROM conversations WHERE id = :conversation_id)
WHERE conversation_id = :conversation_id AND user_id = :member
RETURNING user_id"""


class Conversations(Rosters):
    def __init__(self, engine: Engine, keys: EncryptionKeys, entropy: Entropy) -> None:
        super().__init__(engine)
        self._keys = keys
        self._entropy = entropy

    async def start_private(self, starter: str, other: str, keys: KeyPair, now: int) -> Started:
        """One for each pair: where there is one, by whomever and however lately, that is the answer.

        The starter's keys are stored there if they have none yet. Raises InvalidRequest, or NotFound for nobody's id.
        """
        if not is_id(other) or other == starter:
            raise invalid("other_user_id", "other_user_id is the id of somebody else.")
        people = (starter, other)
        conversation = Conversation(new_id(self._entropy), private=True, alias=None, inserted_at=now, updated_at=now)
        try:
            await self._engine.write(*self._rows(conversation, people, keys))
        except Conflict:
            return await self._started_before(people, keys, now)
        return Started(conversation, people, is_new=True, keys_set=True)

    async def _started_before(self, people: tuple[str, str], keys: KeyPair, now: int) -> Started:
        conversation = await self.of_pair(*people)
        if conversation is None:
            # It was the other member's row that was refused.
            raise NotFound
        keys_set = await self._keys.set(conversation.id, people[0], keys, now, if_none=True)
        return Started(conversation, people, is_new=False, keys_set=keys_set)

    async def start_group(
        self, starter: str, user_ids: Sequence[str], alias: str | None, keys: KeyPair, now: int
    ) -> Started:
        """`user_ids` may or may not hold the starter. Raises InvalidRequest, or NotFound for nobody's id."""
        people = tuple(dict.fromkeys((starter, *check_new_people(user_ids, "user_ids"))))
        conversation = Conversation(new_id(self._entropy), False, check_alias(alias or ""), now, now)
        try:
            await self._engine.write(*self._rows(conversation, people, keys))
        except Conflict:
            raise NotFound from None
        return Started(conversation, people, is_new=True, keys_set=True)

    def _rows(self, conversation: Conversation, people: tuple[str, ...], keys: KeyPair) -> list[Statement]:
        now = conversation.inserted_at
        new = Statement(
            _NEW,
            {
                "conversation_id": conversation.id,
                "private": int(conversation.private),
                "pair": pair_of(*people) if conversation.private else None,
                "alias": conversation.alias,
                "now": now,
            },
            needs_row=True,
        )
        join = [joining(conversation.id, user_id, now) for user_id in people]
        return [new, *join, self._keys.row(conversation.id, people[0], keys, now)]

    async def change_alias(self, conversation_id: str, member: str, alias: str, now: int) -> Conversation:
        """A blank alias is none. Raises InvalidRequest, NoConversation or PrivateConversation."""
        changed, _ = await self.modify(conversation_id, member, (), alias, now)
        return changed

    async def modify(
        self,
        conversation_id: str,
        member: str,
        new_members: Sequence[str],
        new_alias: str | msgspec.UnsetType | None,
        now: int,
    ) -> tuple[Conversation, tuple[str, ...]]:
        """Lets people in, and renames: None and UNSET leave the name, a blank one clears it. With all members' ids.

        Raises InvalidRequest, NoConversation, PrivateConversation, or NotFound for nobody's id.
        """
        check_conversation_id(conversation_id)
        people = check_new_people(new_members, "new_members")
        renames = isinstance(new_alias, str)
        alias = check_alias(new_alias, "new_alias" if people else "alias") if isinstance(new_alias, str) else None
        here = {"conversation_id": conversation_id}
        change = {**here, "member": member, "renames": int(renames), "alias": alias, "now": now}
        try:
            [changed, *_, user_ids] = await self._engine.write(
                Statement(_CHANGE_GROUP, change, needs_row=True),
                *(joining(conversation_id, user_id, now) for user_id in people),
                Statement(_USER_IDS, here),
            )
        except Conflict:
            raise await self._refusal(conversation_id, member) from None
        return read_conversation(changed[0]), tuple(row[0] for row in user_ids)

    async def leave(self, conversation_id: str, member: str, now: int) -> None:
        """Nothing is delivered to them once this returns. Raises NoConversation or PrivateConversation."""
        check_conversation_id(conversation_id)
        who = {"conversation_id": conversation_id, "member": member}
        change = Statement(_CHANGE_GROUP, {**who, "renames": 0, "alias": None, "now": now}, needs_row=True)
        try:
            await self._engine.write(change, Statement(_LEAVE, who, needs_row=True))
        except Conflict:
            raise await self._refusal(conversation_id, member) from None

    async def _refusal(self, conversation_id: str, member: str) -> Refused:
        """Why a change of a group was refused. Raises NoConversation where `member` is not in it."""
        conversation = await self.get(conversation_id, member)
        return PrivateConversation() if conversation.private else NotFound()

    async def read(self, conversation_id: str, member: str, now: int) -> None:
        """Everything that is there has been read. Raises NoConversation."""
        check_conversation_id(conversation_id)
        params: dict[str, Value] = {"conversation_id": conversation_id, "member": member, "now": now}
        [rows] = await self._engine.write(Statement(_READ, params))
        if not rows:
            raise NoConversation
