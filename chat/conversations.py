"""Conversations: private ones, of two people for ever, and groups that people name, join and leave."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from chat.encryption_keys import EncryptionKeys, KeyPair
from chat.ids import is_id, new_id
from chat.memberships import IS_MEMBER, check_conversation_id, joining
from chat.names import check_display_name
from chat.people import Person
from chat.refusals import NoConversation, PrivateConversation, invalid
from latchstring import Conflict, Engine, Entropy, NotFound, Refused, Row, Statement

UNREAD = 100
"""Unread messages are looked for among this many of the newest."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Times are Unix milliseconds; `updated_at` is that of the last message, name or change of members."""

    id: str
    private: bool
    alias: str | None
    inserted_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Started:
    """`is_new`: by this call. `keys_set`: the starter's keys were stored, too; there may have been some."""

    conversation: Conversation
    user_ids: tuple[str, ...]
    is_new: bool
    keys_set: bool


@dataclass(frozen=True, slots=True)
class Overview:
    conversation: Conversation
    user_ids: tuple[str, ...]
    unread: int


@dataclass(frozen=True, slots=True)
class Member:
    """`read_at` is Unix milliseconds, or None for whoever has not read here yet."""

    person: Person
    read_at: int | None


_COLUMNS = "c.id, c.private, c.alias, c.inserted_at, c.updated_at"
_RETURNED = "id, private, alias, inserted_at, updated_at"
_NEW = """
INSERT INTO conversations (id, private, pair, alias, inserted_at, updated_at)
VALUES (:conversation_id, :private, :pair, :alias, :now, :now)
ON CONFLICT (pair) DO NOTHING
RETURNING id"""
_BY_PAIR = f"SELECT {_COLUMNS} FROM conversations AS c WHERE c.pair = :pair"
_GET = f"""
SELECT {_COLUMNS} FROM conversations AS c JOIN members AS m ON m.conversation_id = c.id
WHERE c.id = :conversation_id AND m.user_id = :member"""
_OF = f"""
SELECT {_COLUMNS} FROM members AS m JOIN conversations AS c ON c.id = m.conversation_id
WHERE m.user_id = :user_id
ORDER BY c.updated_at DESC, c.id"""
_PEOPLE_OF = """
SELECT p.user_id, a.email, p.display_name FROM profiles AS p JOIN latchstring_accounts AS a ON a.id = p.user_id
WHERE p.user_id <> :user_id AND p.user_id IN (
    SELECT theirs.user_id FROM members AS mine JOIN members AS theirs ON theirs.conversation_id = mine.conversation_id
    WHERE mine.user_id = :user_id
)
ORDER BY p.user_id"""
_OVERVIEW = f"""
SELECT {_COLUMNS}, (
    SELECT count(*) FROM (
        SELECT g.sender_id FROM message_copies AS k
        JOIN message_groups AS g ON g.conversation_id = k.conversation_id AND g.seq = k.seq
        WHERE k.conversation_id = m.conversation_id AND k.recipient_id = m.user_id AND k.seq > m.read_seq
        ORDER BY k.seq DESC
        LIMIT :unread
    ) AS newest
    WHERE sender_id <> m.user_id
)
FROM members AS m JOIN conversations AS c ON c.id = m.conversation_id
WHERE m.user_id = :user_id
ORDER BY c.updated_at DESC, c.id"""
_SHARED = """
SELECT theirs.conversation_id, theirs.user_id
FROM members AS mine JOIN members AS theirs ON theirs.conversation_id = mine.conversation_id
WHERE mine.user_id = :user_id
ORDER BY theirs.conversation_id, theirs.joined_at, theirs.user_id"""
_MEMBERS = """
SELECT p.user_id, a.email, p.display_name, m.read_at FROM members AS m
JOIN profiles AS p ON p.user_id = m.user_id JOIN latchstring_accounts AS a ON a.id = m.user_id
WHERE m.conversation_id = :conversation_id
ORDER BY m.joined_at, m.user_id"""
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


def check_alias(alias: str, path: str = "alias") -> str | None:
    """The name as it is kept; a blank one is none. Raises InvalidRequest."""
    return check_display_name(alias, path) if alias.strip() else None


def check_new_people(ids: Sequence[str], path: str) -> tuple[str, ...]:
    """Each once. Raises InvalidRequest where one is no id at all."""
    if not all(map(is_id, ids)):
        raise invalid(path, f"{path} is a list of user ids.")
    return tuple(dict.fromkeys(ids))


def pair_of(one: str, other: str) -> str:
    return " ".join(sorted((one, other)))


class Conversations:
    def __init__(self, engine: Engine, keys: EncryptionKeys, entropy: Entropy) -> None:
        self._engine = engine
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
        rows = await self._engine.read(Statement(_BY_PAIR, {"pair": pair_of(*people)}))
        if not rows:
            # It was the other member's row that was refused.
            raise NotFound
        conversation = _conversation(rows[0])
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

    async def of(self, user_id: str) -> list[Conversation]:
        """Newest activity first."""
        rows = await self._engine.read(Statement(_OF, {"user_id": user_id}))
        return [_conversation(row) for row in rows]

    async def people_of(self, user_id: str) -> list[Person]:
        """All the others in the user's conversations, each once, by id."""
        rows = await self._engine.read(Statement(_PEOPLE_OF, {"user_id": user_id}))
        return [Person(*row) for row in rows]

    async def overview(self, user_id: str) -> list[Overview]:
        """As `of`, with the members' ids and how many of the newest 100 messages are others' and unread."""
        rows = await self._engine.read(Statement(_OVERVIEW, {"user_id": user_id, "unread": UNREAD}))
        user_ids: dict[str, list[str]] = {}
        for conversation_id, member in await self._engine.read(Statement(_SHARED, {"user_id": user_id})):
            user_ids.setdefault(conversation_id, []).append(member)
        return [Overview(_conversation(row[:5]), tuple(user_ids.get(row[0], ())), row[5]) for row in rows]

    async def get(self, conversation_id: str, member: str) -> Conversation:
        """Raises NoConversation unless `member` is in it now."""
        check_conversation_id(conversation_id)
        rows = await self._engine.read(Statement(_GET, {"conversation_id": conversation_id, "member": member}))
        if not rows:
            raise NoConversation
        return _conversation(rows[0])

    async def members(self, conversation_id: str) -> list[Member]:
        """In the order in which they came. Ask `get` first who may know them."""
        rows = await self._engine.read(Statement(_MEMBERS, {"conversation_id": conversation_id}))
        return [Member(Person(*row[:3]), row[3]) for row in rows]

    async def private_with(self, user_id: str, other: str) -> str | None:
        """The id of their private conversation; None also for what is nobody's id, or no id at all."""
        if not is_id(other):
            return None
        rows = await self._engine.read(Statement(_BY_PAIR, {"pair": pair_of(user_id, other)}))
        return str(rows[0][0]) if rows else None

    async def change_alias(self, conversation_id: str, member: str, alias: str, now: int) -> Conversation:
        """A blank alias is none. Raises InvalidRequest, NoConversation or PrivateConversation."""
        changed, _ = await self.modify(conversation_id, member, (), alias, now)
        return changed

    async def modify(
        self,
        conversation_id: str,
        member: str,
        new_members: Sequence[str],
        new_alias: str | None | msgspec.UnsetType,
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
        return _conversation(changed[0]), tuple(row[0] for row in user_ids)

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
        params = {"conversation_id": conversation_id, "member": member, "now": now}
        [rows] = await self._engine.write(Statement(_READ, params))
        if not rows:
            raise NoConversation


def _conversation(row: Row) -> Conversation:
    conversation_id, private, alias, inserted_at, updated_at = row
    return Conversation(conversation_id, bool(private), alias, inserted_at, updated_at)
