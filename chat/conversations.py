"""What changes conversations: private ones, of two people for ever, and groups that people name, join and leave."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

from collections.abc import Mapping, Sequence

from chat.conversation import (
    MOST_MEMBERS,
    Conversation,
    Modified,
    Started,
    check_alias,
    check_new_people,
    check_number,
    pair_of,
)
from chat.encryption_keys import EncryptionKeys
from chat.ids import check_client_id, is_id, new_id
from chat.jwk import KeyPair
from chat.memberships import IS_MEMBER, check_conversation_id, joining
from chat.refusals import NoConversation, PrivateConversation, invalid
from chat.rosters import Rosters, read_conversation
from latchstring import Conflict, Engine, Entropy, NotFound, Refused, Statement, Value

_RETURNED = "id, private, alias, inserted_at, updated_at"
_NEW = """
INSERT INTO conversations (id, private, pair, alias, starter_id, client_id, inserted_at, updated_at)
VALUES (:conversation_id, :private, :pair, :alias, :starter, :client_id, :now, :now)
ON CONFLICT DO NOTHING
RETURNING id"""
_USER_IDS = "SELECT user_id FROM members WHERE conversation_id = :conversation_id ORDER BY joined_at, user_id"
_GROUP = f"id = :conversation_id AND private = 0 AND {IS_MEMBER}"
# Where nothing would change, no time does, either.
_CHANGE_GROUP = f"""
UPDATE conversations SET
    updated_at = CASE WHEN :renames = 1 AND coalesce(alias, '') <> coalesce(:alias, '') OR :count > (
        SELECT count(*) FROM members WHERE conversation_id = :conversation_id AND user_id IN ({{ids}})
    ) THEN :now ELSE updated_at END,
    alias = CASE WHEN :renames = 1 THEN :alias ELSE alias END
WHERE {_GROUP}
RETURNING {_RETURNED}"""
_NOT_TOO_MANY = """
SELECT 1 WHERE (SELECT count(*) FROM members WHERE conversation_id = :conversation_id) <= :most"""
_TOUCH_GROUP = f"UPDATE conversations SET updated_at = :now WHERE {_GROUP} RETURNING id"
_LEAVE = "DELETE FROM members WHERE conversation_id = :conversation_id AND user_id = :member RETURNING user_id"
# Nobody could be invited back into it by anybody.
_DELETE_IF_EMPTY = tuple(
    f"DELETE FROM {table} WHERE {column} = :conversation_id"
    " AND NOT EXISTS (SELECT 1 FROM members WHERE conversation_id = :conversation_id)"
    for table, column in (
        ("message_copies", "conversation_id"),
        ("message_groups", "conversation_id"),
        ("encryption_keys", "conversation_id"),
        ("conversations", "id"),
    )
)
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
        conversation = Conversation(new_id(self._entropy), private=True, alias=None, inserted_at=now, updated_at=now)
        try:
            await self._engine.write(*self._rows(conversation, people, keys))
        except Conflict:
            return await self._started_before(people, keys, now)
        return Started(conversation, people, is_new=True, keys_set=True)

    async def _started_before(self, people: tuple[str, str], keys: KeyPair, now: int) -> Started:
        conversation = await self._rosters.of_pair(*people)
        if conversation is None:
            # It was the other member's row that was refused.
            raise NotFound
        keys_set = await self._keys.set(conversation.id, people[0], keys, now, if_none=True)
        return Started(conversation, people, is_new=False, keys_set=keys_set)

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
        conversation = Conversation(new_id(self._entropy), False, check_alias(alias or ""), now, now)
        try:
            await self._engine.write(*self._rows(conversation, people, keys, client_id))
        except Conflict:
            before = await self._rosters.of_client(starter, client_id) if client_id else None
            if before is None:
                raise NotFound from None
            return Started(before, people, is_new=False, keys_set=False)
        return Started(conversation, people, is_new=True, keys_set=True)

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

    async def change_alias(self, conversation_id: str, member: str, alias: str, now: int) -> Conversation:
        """A blank alias is none. Raises InvalidRequest, NoConversation or PrivateConversation."""
        return (await self.modify(conversation_id, member, (), alias, now)).conversation

    async def modify(
        self,
        conversation_id: str,
        member: str,
        new_members: Sequence[str],
        new_alias: str | None,
        now: int,
    ) -> Modified:
        """Lets people in, and renames: None leaves the name, a blank one clears it. With all members' ids.

        Raises InvalidRequest, NoConversation, PrivateConversation, or NotFound for nobody's id.
        """
        check_conversation_id(conversation_id)
        people = check_new_people(new_members, "new_members")
        alias = None if new_alias is None else check_alias(new_alias, "new_alias" if people else "alias")
        here = {"conversation_id": conversation_id}
        change = {**here, "member": member, "renames": int(new_alias is not None), "alias": alias, "now": now}
        try:
            [[changed], *_, user_ids] = await self._engine.write(
                _change_group(change, people),
                *(joining(conversation_id, user_id, now) for user_id in people),
                Statement(_NOT_TOO_MANY, {**here, "most": MOST_MEMBERS}, needs_row=True),
                Statement(_USER_IDS, here),
            )
        except Conflict:
            raise await self._refusal(conversation_id, member, people) from None
        return Modified(read_conversation(changed), tuple(row[0] for row in user_ids))

    async def leave(self, conversation_id: str, member: str, now: int) -> None:
        """Nothing is delivered to them once this returns; with the last member goes all that was there. Raises
        NoConversation or PrivateConversation."""
        check_conversation_id(conversation_id)
        who = {"conversation_id": conversation_id, "member": member}
        touch = Statement(_TOUCH_GROUP, {**who, "now": now}, needs_row=True)
        try:
            await self._engine.write(
                touch,
                Statement(_LEAVE, who, needs_row=True),
                *(Statement(sql, {"conversation_id": conversation_id}) for sql in _DELETE_IF_EMPTY),
            )
        except Conflict:
            raise await self._refusal(conversation_id, member) from None

    async def _refusal(self, conversation_id: str, member: str, people: tuple[str, ...] = ()) -> Refused:
        """Why a change of a group was refused. Raises NoConversation where `member` is not in it, and InvalidRequest
        where `people` were too many."""
        conversation = await self._rosters.get(conversation_id, member)
        if conversation.private:
            return PrivateConversation()
        here = await self._engine.read(Statement(_USER_IDS, {"conversation_id": conversation_id}))
        check_number(tuple(dict.fromkeys((*(row[0] for row in here), *people))), "new_members")
        return NotFound()

    async def read(self, conversation_id: str, member: str, now: int) -> None:
        """Everything that is there has been read. Raises NoConversation."""
        check_conversation_id(conversation_id)
        params: dict[str, Value] = {"conversation_id": conversation_id, "member": member, "now": now}
        [rows] = await self._engine.write(Statement(_READ, params))
        if not rows:
            raise NoConversation


def _change_group(change: Mapping[str, Value], people: Sequence[str]) -> Statement:
    ids = {f"id{number}": each for number, each in enumerate(people)}
    sql = _CHANGE_GROUP.format(ids=", ".join(f":{name}" for name in ids) or "NULL")
    return Statement(sql, {**change, "count": len(people), **ids}, needs_row=True)
