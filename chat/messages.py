"""Messages: one group for what somebody said, and in it one copy for each recipient, which the server does not read."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat.ids import is_id, new_id
from chat.memberships import IS_MEMBER, check_conversation_id, held_by_member
from chat.refusals import InvalidMessage, NoConversation, WrongRecipients, invalid
from latchstring import Conflict, Engine, Entropy, Row, Statement

TEXT_LENGTH = 65_536
"""Characters of base64 in one copy."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Message:
    """One recipient's copy. Times are Unix milliseconds; `seq` is its place in the conversation."""

    id: str
    sender: str
    content: str
    message_group: str
    inserted_at: int
    updated_at: int
    seq: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """The copies by recipient, current members all of them. `is_new`: stored by this call."""

    message_group: str
    copies: Mapping[str, Message]
    is_new: bool


_COLUMNS = "k.id, g.sender_id, k.content, g.id, g.inserted_at, g.updated_at, g.seq"
_NEXT = f"""
UPDATE conversations SET last_seq = last_seq + 1, updated_at = :now
WHERE id = :conversation_id AND {IS_MEMBER}
    AND (SELECT count(*) FROM members WHERE conversation_id = :conversation_id) = :count
RETURNING last_seq"""
_GROUP = """
INSERT INTO message_groups (conversation_id, seq, id, sender_id, client_id, inserted_at, updated_at)
SELECT id, last_seq, :group_id, :member, :client_id, :now, :now FROM conversations WHERE id = :conversation_id"""
_COPY = """
INSERT INTO message_copies (conversation_id, recipient_id, seq, id, content)
SELECT c.id, m.user_id, c.last_seq, :copy_id, :content
FROM members AS m JOIN conversations AS c ON c.id = m.conversation_id
WHERE m.conversation_id = :conversation_id AND m.user_id = :recipient
RETURNING recipient_id"""
_DELIVERED = f"""
SELECT k.recipient_id, {_COLUMNS} FROM message_groups AS g
JOIN members AS m ON m.conversation_id = g.conversation_id
JOIN message_copies AS k ON k.conversation_id = g.conversation_id AND k.recipient_id = m.user_id AND k.seq = g.seq
WHERE g.conversation_id = :conversation_id AND g.sender_id = :member AND """
_SENT_BEFORE = f"{_DELIVERED} g.client_id = :client_id"
_EDITED = f"{_DELIVERED} g.id = :group_id"
_OWN = "conversation_id = :conversation_id AND sender_id = :member AND id = :group_id"
# Later than it was sent, however fast the edit: that is how clients know an edited one.
_EDIT = f"""
UPDATE message_groups SET updated_at = CASE WHEN :now > inserted_at THEN :now ELSE inserted_at + 1 END
WHERE {_OWN}
RETURNING seq"""
_SEQ = "(SELECT seq FROM message_groups WHERE id = :group_id)"
# Nobody who is to have a new copy is left out, and nobody is named who never was here.
_COVERED = f"""
SELECT 1 FROM conversations AS c
WHERE c.id = :conversation_id AND NOT EXISTS (
    SELECT 1 FROM members AS m JOIN message_copies AS k
        ON k.conversation_id = m.conversation_id AND k.recipient_id = m.user_id AND k.seq = {_SEQ}
    WHERE m.conversation_id = :conversation_id AND m.user_id NOT IN ({{ids}})
) AND :count = (
    SELECT count(*) FROM (
        SELECT user_id FROM members WHERE conversation_id = :conversation_id AND user_id IN ({{ids}})
        UNION
        SELECT recipient_id FROM message_copies
        WHERE conversation_id = :conversation_id AND recipient_id IN ({{ids}}) AND seq = {_SEQ}
    ) AS known
)"""
_EDIT_COPY = f"""
UPDATE message_copies SET content = :content
WHERE conversation_id = :conversation_id AND recipient_id = :recipient AND seq = {_SEQ}
    AND EXISTS (SELECT 1 FROM members WHERE conversation_id = :conversation_id AND user_id = :recipient)"""
# Whoever has a copy, former members too. Their ids are found one after the other along the key: the plain condition on
# `seq` would read every copy in the conversation.
_DELETE_COPIES = f"""
WITH RECURSIVE recipients (id) AS (
    SELECT min(recipient_id) FROM message_copies WHERE conversation_id = :conversation_id
    UNION ALL
    SELECT (SELECT min(k.recipient_id) FROM message_copies AS k
            WHERE k.conversation_id = :conversation_id AND k.recipient_id > recipients.id)
    FROM recipients WHERE recipients.id IS NOT NULL
)
DELETE FROM message_copies
WHERE conversation_id = :conversation_id AND recipient_id IN (SELECT id FROM recipients) AND seq = {_SEQ}"""
_DELETE = f"DELETE FROM message_groups WHERE {_OWN} RETURNING seq"
_IS_OWN = f"SELECT 1 FROM message_groups WHERE {_OWN} AND {IS_MEMBER}"
_PAGE = f"""
SELECT {_COLUMNS} FROM message_copies AS k
JOIN message_groups AS g ON g.conversation_id = k.conversation_id AND g.seq = k.seq
WHERE k.conversation_id = :conversation_id AND k.recipient_id = :member AND k.seq < :before AND {IS_MEMBER}
ORDER BY k.seq DESC
LIMIT :size"""
_MAY_READ = f"SELECT 1 WHERE {IS_MEMBER}"


def check_copies(copies: Mapping[str, str]) -> None:
    """Raises WrongRecipients for what is no id or nobody at all, and InvalidMessage for what is no base64."""
    if not copies or not all(map(is_id, copies)):
        raise WrongRecipients
    if not all(map(_is_encrypted, copies.values())):
        raise InvalidMessage


def _is_encrypted(text: object) -> bool:
    """Base64 in the standard alphabet, its padding right or left out."""
    if not isinstance(text, str) or not 0 < len(text) <= TEXT_LENGTH or not _BASE64.fullmatch(text):
        return False
    return len(text) % 4 == 0 if text.endswith("=") else len(text) % 4 != 1


class Messages:
    def __init__(self, engine: Engine, entropy: Entropy) -> None:
        self._engine = engine
        self._entropy = entropy

    async def send(
        self, conversation_id: str, sender: str, copies: Mapping[str, str], now: int, client_id: str | None = None
    ) -> Delivered:
        """Stores one copy for each current member, or nothing. What came before with this `client_id` is answered as
        it was stored. Raises NoConversation, WrongRecipients, InvalidMessage, or InvalidRequest for a bad client_id.
        """
        check_conversation_id(conversation_id)
        check_copies(copies)
        if client_id is not None and not is_id(client_id):
            raise invalid("client_id", "client_id is a UUID in lower case.")
        group_id = new_id(self._entropy)
        copy_ids = {recipient: new_id(self._entropy) for recipient in copies}
        here = {"conversation_id": conversation_id, "member": sender, "now": now}
        try:
            [[(seq,)], *_] = await self._engine.write(
                Statement(_NEXT, {**here, "count": len(copies)}, needs_row=True),
                Statement(_GROUP, {**here, "group_id": group_id, "client_id": client_id}),
                *(_copy(conversation_id, each, copy_ids[each], copies[each]) for each in copies),
            )
        except Conflict:
            return await self._sent_before(conversation_id, sender, client_id)
        stored = {each: Message(copy_ids[each], sender, copies[each], group_id, now, now, seq) for each in copies}
        return Delivered(group_id, stored, is_new=True)

    async def _sent_before(self, conversation_id: str, sender: str, client_id: str | None) -> Delivered:
        """Why nothing was stored: nobody may send there, it was stored already, or the recipients are wrong."""
        await self._check_member(conversation_id, sender)
        params = {"conversation_id": conversation_id, "member": sender, "client_id": client_id}
        rows = await self._engine.read(Statement(_SENT_BEFORE, params))
        if not rows:
            raise WrongRecipients
        return _delivered(rows, is_new=False)

    async def edit(
        self, conversation_id: str, sender: str, message_group: str, copies: Mapping[str, str], now: int
    ) -> Delivered:
        """A new text in each current member's copy, or in none. Who came later has no copy and gets none; what former
        members have stays. Raises NoConversation (nor such a message of the sender's), WrongRecipients, InvalidMessage.
        """
        own = _own(conversation_id, sender, message_group)
        check_copies(copies)
        try:
            [*_, rows] = await self._engine.write(
                held_by_member(conversation_id, sender),
                Statement(_EDIT, {**own, "now": now}, needs_row=True),
                _covered(conversation_id, message_group, tuple(copies)),
                *(_new_copy(conversation_id, message_group, each, copies[each]) for each in copies),
                Statement(_EDITED, own),
            )
        except Conflict:
            is_own = await self._engine.read(Statement(_IS_OWN, own))
            raise (WrongRecipients if is_own else NoConversation) from None
        return _delivered(rows, is_new=True)

    async def delete(self, conversation_id: str, sender: str, message_group: str, now: int) -> None:
        """The message and every copy of it, former members' too. Raises NoConversation as `edit` does."""
        own = _own(conversation_id, sender, message_group)
        where = {"conversation_id": conversation_id, "group_id": message_group}
        is_own = Statement(_IS_OWN, own, needs_row=True)
        try:
            await self._engine.write(
                held_by_member(conversation_id, sender),
                is_own,
                Statement(_DELETE_COPIES, where),
                Statement(_DELETE, own, needs_row=True),
            )
        except Conflict:
            raise NoConversation from None

    async def page(self, conversation_id: str, reader: str, before_seq: int | None, size: int) -> list[Message]:
        """The reader's copies before that place, newest first. Raises NoConversation."""
        check_conversation_id(conversation_id)
        params = {
            "conversation_id": conversation_id,
            "member": reader,
            "before": _LAST if before_seq is None else before_seq,
            "size": size,
        }
        rows = await self._engine.read(Statement(_PAGE, params))
        if not rows:
            await self._check_member(conversation_id, reader)
        return [Message(*row) for row in rows]

    async def _check_member(self, conversation_id: str, member: str) -> None:
        params = {"conversation_id": conversation_id, "member": member}
        if not await self._engine.read(Statement(_MAY_READ, params)):
            raise NoConversation


def _copy(conversation_id: str, recipient: str, copy_id: str, content: str) -> Statement:
    params = {"conversation_id": conversation_id, "recipient": recipient, "copy_id": copy_id, "content": content}
    return Statement(_COPY, params, needs_row=True)


def _own(conversation_id: str, sender: str, message_group: str) -> dict[str, str]:
    if not is_id(conversation_id) or not is_id(message_group):
        raise NoConversation
    return {"conversation_id": conversation_id, "member": sender, "group_id": message_group}


def _covered(conversation_id: str, message_group: str, recipients: Sequence[str]) -> Statement:
    ids = {f"id{number}": each for number, each in enumerate(recipients)}
    params = {"conversation_id": conversation_id, "group_id": message_group, "count": len(recipients), **ids}
    return Statement(_COVERED.format(ids=", ".join(f":{name}" for name in ids)), params, needs_row=True)


def _new_copy(conversation_id: str, message_group: str, recipient: str, content: str) -> Statement:
    params = {
        "conversation_id": conversation_id,
        "group_id": message_group,
        "recipient": recipient,
        "content": content,
    }
    return Statement(_EDIT_COPY, params)


def _delivered(rows: Sequence[Row], *, is_new: bool) -> Delivered:
    copies = {row[0]: Message(*row[1:]) for row in rows}
    return Delivered(next(iter(copies.values())).message_group, copies, is_new)
