"""Conversations as they begin, private ones of two people for ever and groups, and that they were read."""

from collections.abc import Sequence

from chat.conversation import (
    Conversation,
    Started,
    check_alias,
    check_new_people,
    pair_of,
)
from chat.encryption_keys import EncryptionKeys
from chat.ids import check_client_id, is_id, new_id
from chat.jwk import KeyPair
from chat.memberships import check_conversation_id, joining
from chat.refusals import NoConversation, invalid
from chat.rosters import Rosters
from latchstring import Conflict, Engine, Entropy, NotFound, Statement, Value

_NEW = """
INSERT INTO conversations (id, private, pair, alias, starter_id, client_id, inserted_at, updated_at)
VALUES (:conversation_id, :private, :pair, :alias, :starter, :client_id, :now, :now)
ON CONFLICT DO NOTHING
RETURNING id"""
_READ = """
UPDATE members
SET read_at = :now, read_seq = (SELECT last_seq FROM conversations WHERE id = :conversation_id)
WHERE conversation_id = :conversation_id AND user_id = :member
RETURNING user_id"""


class Conversations:
    def __init__(self, engine: Engine, rosters: Rosters, keys: EncryptionKeys, entropy: Entropy) -> None:
        self._engine = engine
        self._rosters = rosters
        self._keys = keys
        self._entropy = entropy

    async def start_private(self, starter: str, other: str, keys: KeyPair, now: int) -> Started:
        """One for each pair: where there is one, by whomever and however lately, that is the answer.

        The starter's keys are stored there if they have none yet. Raises InvalidRequest, or NotFound for nobody's id.
        """
        if not is_id(other) or other == starter:
            raise invalid("other_user_id", "other_user_id is the id of somebody else.")
        people = (starter, other)
        conversation = Conversation(
            new_id(self._entropy), private=True, alias=None, inserted_at=now, updated_at=now, place=0
        )
        try:
            await self._engine.write(*self._rows(conversation, people, keys))
        except Conflict:
            return await self._started_before(people, keys, now)
        return Started(conversation, people, is_new=True)

    async def _started_before(self, people: tuple[str, str], keys: KeyPair, now: int) -> Started:
        conversation = await self._rosters.of_pair(*people)
        if conversation is None:
            # It was the other member's row that was refused.
            raise NotFound
        keys_place = await self._keys.set(conversation.id, people[0], keys, now, if_none=True)
        return Started(conversation, people, is_new=False, keys_place=keys_place)

    async def start_group(
        self,
        starter: str,
        user_ids: Sequence[str],
        alias: str | None,
        keys: KeyPair,
        now: int,
        client_id: str | None = None,
    ) -> Started:
        """`user_ids` may or may not hold the starter. What was started before with this `client_id` is the answer, as
        long as anybody is in it. Raises InvalidRequest, or NotFound for nobody's id."""
        client_id = check_client_id(client_id)
        people = check_new_people((starter, *user_ids), "user_ids")
        conversation = Conversation(new_id(self._entropy), False, check_alias(alias or ""), now, now, 0)
        try:
            await self._engine.write(*self._rows(conversation, people, keys, client_id))
        except Conflict:
            before = await self._rosters.of_client(starter, client_id) if client_id else None
            if before is None:
                raise NotFound from None
            # Whoever is in it now: what is asked for again need not be the same.
            members = await self._rosters.members(before.id)
            return Started(before, tuple(each.person.id for each in members), is_new=False)
        return Started(conversation, people, is_new=True)

    def _rows(
        self, conversation: Conversation, people: tuple[str, ...], keys: KeyPair, client_id: str | None = None
    ) -> list[Statement]:
        now = conversation.inserted_at
        new = Statement(
            _NEW,
            {
                "conversation_id": conversation.id,
                "private": int(conversation.private),
                "pair": pair_of(*people) if conversation.private else None,
                "alias": conversation.alias,
                "starter": people[0] if client_id else None,
                "client_id": client_id,
                "now": now,
            },
            needs_row=True,
        )
        join = [joining(conversation.id, user_id, now) for user_id in people]
        return [new, *join, self._keys.row(conversation.id, people[0], keys, now)]

    async def read(self, conversation_id: str, member: str, now: int) -> None:
        """Everything that is there has been read. Raises NoConversation."""
        check_conversation_id(conversation_id)
        params: dict[str, Value] = {"conversation_id": conversation_id, "member": member, "now": now}
        [rows] = await self._engine.write(Statement(_READ, params))
        if not rows:
            raise NoConversation
