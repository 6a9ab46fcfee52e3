"""Editing and deleting: by the sender alone, and for all copies at once."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

from collections.abc import Mapping, Sequence
from typing import Any

from chat.ids import is_id
from chat.memberships import IS_MEMBER, held_by_member
from chat.message import DELETED, DELIVERED, Copies, Delivered, read_delivered
from chat.refusals import NoConversation, WrongRecipients
from latchstring import Conflict, Engine, Statement, Value

_EDITED = f"{DELIVERED} g.id = :group_id"
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
    SELECT 1 FROM members AS m
    WHERE m.conversation_id = :conversation_id AND m.user_id NOT IN ({{ids}}) AND EXISTS (
        SELECT 1 FROM message_copies AS k
        WHERE k.conversation_id = :conversation_id AND k.recipient_id = m.user_id AND k.seq = {_SEQ}
    )
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
# What was sent with a `client_id` may be sent again, by a device that never heard of the answer. So that it does not
# come back by that, its row stays, without a text, and under a name that is nobody's to ask for.
_KEEP_CLIENT_ID = f"UPDATE message_groups SET id = '{DELETED}' || id WHERE {_OWN} AND client_id IS NOT NULL"
_DELETE = f"DELETE FROM message_groups WHERE {_OWN}"
_IS_OWN = f"SELECT 1 FROM message_groups WHERE {_OWN} AND {IS_MEMBER}"


class Editing:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def edit(
        self, conversation_id: str, sender: str, message_group: str, copies: Mapping[str, Any], now: int
    ) -> Delivered:
        """A new text in each current member's copy, or in none. Who came later has no copy and gets none; what former
        members have stays. Raises NoConversation (nor such a message of the sender's), WrongRecipients, InvalidMessage.
        """
        own = _own(conversation_id, sender, message_group)
        copies = Copies.read(copies)
        try:
            [_, [(place,)], *_, rows] = await self._engine.write(
                *held_by_member(conversation_id, sender),
                Statement(_EDIT, {**own, "now": now}, needs_row=True),
                _covered(conversation_id, message_group, tuple(copies)),
                *(_new_copy(conversation_id, message_group, each, copies[each]) for each in copies),
                Statement(_EDITED, own),
            )
        except Conflict:
            is_own = await self._engine.read(Statement(_IS_OWN, own))
            raise (WrongRecipients if is_own else NoConversation) from None
        return read_delivered(rows, place)

    async def delete(self, conversation_id: str, sender: str, message_group: str, now: int) -> int:
        """The message and every copy of it, former members' too; the place of that. Sent again with its `client_id`, it
        is not stored anew. Raises NoConversation as `edit` does."""
        own = _own(conversation_id, sender, message_group)
        where = {"conversation_id": conversation_id, "group_id": message_group}
        is_own = Statement(_IS_OWN, own, needs_row=True)
        try:
            [_, [(place,)], *_] = await self._engine.write(
                *held_by_member(conversation_id, sender),
                is_own,
                Statement(_DELETE_COPIES, where),
                Statement(_KEEP_CLIENT_ID, own),
                Statement(_DELETE, own),
            )
        except Conflict:
            raise NoConversation from None
        return int(place)


def _own(conversation_id: str, sender: str, message_group: str) -> dict[str, str]:
    if not is_id(conversation_id) or not is_id(message_group):
        raise NoConversation
    return {"conversation_id": conversation_id, "member": sender, "group_id": message_group}


def _covered(conversation_id: str, message_group: str, recipients: Sequence[str]) -> Statement:
    ids = {f"id{number}": each for number, each in enumerate(recipients)}
    params: dict[str, Value] = {
        "conversation_id": conversation_id,
        "group_id": message_group,
        "count": len(recipients),
        **ids,
    }
    return Statement(_COVERED.format(ids=", ".join(f":{name}" for name in ids)), params, needs_row=True)


def _new_copy(conversation_id: str, message_group: str, recipient: str, content: str) -> Statement:
    params = {
        "conversation_id": conversation_id,
        "group_id": message_group,
        "recipient": recipient,
        "content": content,
    }
    return Statement(_EDIT_COPY, params)
