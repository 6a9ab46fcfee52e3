"""Rosters: who is in which conversation, as it is read."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

from chat.conversation import Conversation, Member, Overview, pair_of
from chat.ids import is_id
from chat.memberships import check_conversation_id
from chat.person import Person, known
from chat.refusals import NoConversation
from latchstring import Engine, Row, Statement

UNREAD = 100
"""Unread messages are looked for among this many of the newest."""

_COLUMNS = "c.id, c.private, c.alias, c.inserted_at, c.updated_at, c.last_seq"
_BY_PAIR = f"SELECT {_COLUMNS} FROM conversations AS c WHERE c.pair = :pair"
_BY_CLIENT = f"SELECT {_COLUMNS} FROM conversations AS c WHERE c.starter_id = :starter AND c.client_id = :client_id"
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
_PLACE_WITHOUT = """
SELECT last_seq FROM conversations
WHERE id = :conversation_id
    AND NOT EXISTS (SELECT 1 FROM members WHERE conversation_id = :conversation_id AND user_id = :user_id)"""
_MEMBERS = """
SELECT p.user_id, a.email, p.display_name, m.read_at FROM members AS m
JOIN profiles AS p ON p.user_id = m.user_id JOIN latchstring_accounts AS a ON a.id = m.user_id
WHERE m.conversation_id = :conversation_id
ORDER BY m.joined_at, m.user_id"""


class Rosters:
    """Without a query for each conversation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def of(self, user_id: str) -> list[Conversation]:
        """Newest activity first."""
        rows = await self._engine.read(Statement(_OF, {"user_id": user_id}))
        return [read_conversation(row) for row in rows]

    async def people_of(self, user_id: str) -> list[Person]:
        """All the others in the user's conversations, each once, by id."""
        rows = await self._engine.read(Statement(_PEOPLE_OF, {"user_id": user_id}))
        return [known(*row) for row in rows]

    async def overview(self, user_id: str) -> list[Overview]:
        """As `of`, with the members' ids and how many of the newest 100 messages are others' and unread."""
        rows = await self._engine.read(Statement(_OVERVIEW, {"user_id": user_id, "unread": UNREAD}))
        user_ids: dict[str, list[str]] = {}
        for conversation_id, member in await self._engine.read(Statement(_SHARED, {"user_id": user_id})):
            user_ids.setdefault(conversation_id, []).append(member)
        return [Overview(read_conversation(row[:6]), tuple(user_ids.get(row[0], ())), row[6]) for row in rows]

    async def get(self, conversation_id: str, member: str) -> Conversation:
        """Raises NoConversation unless `member` is in it now."""
        check_conversation_id(conversation_id)
        rows = await self._engine.read(Statement(_GET, {"conversation_id": conversation_id, "member": member}))
        if not rows:
            raise NoConversation
        return read_conversation(rows[0])

    async def place_without(self, conversation_id: str, user_id: str) -> int | None:
        """A place in a conversation at which they are not in it. None: they are, or there is none by that name."""
        params = {"conversation_id": conversation_id, "user_id": user_id}
        rows = await self._engine.read(Statement(_PLACE_WITHOUT, params))
        return int(rows[0][0]) if rows else None

    async def members(self, conversation_id: str) -> list[Member]:
        """In the order in which they came. Ask `get` first who may know them."""
        rows = await self._engine.read(Statement(_MEMBERS, {"conversation_id": conversation_id}))
        return [Member(known(*row[:3]), row[3]) for row in rows]

    async def of_pair(self, one: str, other: str) -> Conversation | None:
        """The private conversation of two people."""
        rows = await self._engine.read(Statement(_BY_PAIR, {"pair": pair_of(one, other)}))
        return read_conversation(rows[0]) if rows else None

    async def of_client(self, starter: str, client_id: str) -> Conversation | None:
        """The group that the starter's client named so."""
        rows = await self._engine.read(Statement(_BY_CLIENT, {"starter": starter, "client_id": client_id}))
        return read_conversation(rows[0]) if rows else None

    async def private_with(self, user_id: str, other: str) -> str | None:
        """The id of their private conversation; None also for what is nobody's id, or no id at all."""
        found = await self.of_pair(user_id, other) if is_id(other) else None
        return None if found is None else found.id


def read_conversation(row: Row) -> Conversation:
    conversation_id, private, alias, inserted_at, updated_at, place = row
    return Conversation(conversation_id, bool(private), alias, inserted_at, updated_at, place)
