"""Messages: stored in one order for each conversation, and read backwards."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

from collections.abc import Mapping
from typing import Any

from chat.ids import check_client_id, new_ids
from chat.memberships import IS_MEMBER, check_conversation_id, locked
from chat.message import COLUMNS, DELETED, DELIVERED, Copies, Delivered, Message, read_delivered
from chat.refusals import NoConversation, WrongRecipients
from latchstring import Conflict, Engine, Entropy, Statement, Value

_LAST = 2**63 - 1
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
_SENT_BEFORE = f"{DELIVERED} g.client_id = :client_id"
_DELETED_SINCE = f"""
SELECT id, seq FROM message_groups
WHERE conversation_id = :conversation_id AND sender_id = :member AND client_id = :client_id AND id LIKE '{DELETED}%'"""
_PAGE = f"""
SELECT {COLUMNS} FROM message_copies AS k
JOIN message_groups AS g ON g.conversation_id = k.conversation_id AND g.seq = k.seq
WHERE k.conversation_id = :conversation_id AND k.recipient_id = :member AND k.seq < :before AND {IS_MEMBER}
ORDER BY k.seq DESC
LIMIT :size"""
_MAY_READ = f"SELECT 1 WHERE {IS_MEMBER}"


class Messages:
    def __init__(self, engine: Engine, entropy: Entropy) -> None:
        self._engine = engine
        self._entropy = entropy

    async def send(
        self, conversation_id: str, sender: str, copies: Mapping[str, Any], now: int, client_id: str | None = None
    ) -> Delivered:
        """Stores one copy for each current member, or nothing. What came before with this `client_id` is answered as
        it was stored, or without a copy where it was deleted since. Raises NoConversation, WrongRecipients,
        InvalidMessage, or InvalidRequest for a bad client_id.
        """
        check_conversation_id(conversation_id)
        copies = Copies.read(copies)
        client_id = check_client_id(client_id)
        group_id, *ids = new_ids(self._entropy, 1 + len(copies))
        copy_ids = dict(zip(copies, ids, strict=True))
        here: dict[str, Value] = {"conversation_id": conversation_id, "member": sender, "now": now}
        try:
            [_, [(seq,)], *_] = await self._engine.write(
                locked(conversation_id),
                Statement(_NEXT, {**here, "count": len(copies)}, needs_row=True),
                Statement(_GROUP, {**here, "group_id": group_id, "client_id": client_id}),
                *(_copy(conversation_id, each, copy_ids[each], copies[each]) for each in copies),
            )
        except Conflict:
            return await self._sent_before(conversation_id, sender, client_id)
        stored = {each: Message(copy_ids[each], sender, copies[each], group_id, now, now, seq) for each in copies}
        return Delivered(group_id, stored, seq, is_new=True)

    async def _sent_before(self, conversation_id: str, sender: str, client_id: str | None) -> Delivered:
        """Why nothing was stored: nobody may send there, it was stored already, or the recipients are wrong."""
        await self._check_member(conversation_id, sender)
        params = {"conversation_id": conversation_id, "member": sender, "client_id": client_id}
        rows = await self._engine.read(Statement(_SENT_BEFORE, params))
        if rows:
            return read_delivered(rows)
        for deleted, place in await self._engine.read(Statement(_DELETED_SINCE, params)):
            return Delivered(deleted.removeprefix(DELETED), {}, place, is_new=False)
        raise WrongRecipients

    async def page(self, conversation_id: str, reader: str, before_seq: int | None, size: int) -> list[Message]:
        """The reader's copies before that place, newest first. Raises NoConversation."""
        check_conversation_id(conversation_id)
        params: dict[str, Value] = {
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
