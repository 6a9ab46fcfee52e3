"""Who is in a conversation: the one condition that every statement about a conversation is bound to."""

from chat.ids import is_id
from chat.refusals import NoConversation
from latchstring import Statement

IS_MEMBER = "EXISTS (SELECT 1 FROM members WHERE conversation_id = :conversation_id AND user_id = :member)"

# ruff: noqa: S608 - what is put together here are the words of this file, never a value
_LOCK = "SELECT id FROM conversations WHERE id = :conversation_id FOR NO KEY UPDATE"
_HOLD = f"""
UPDATE conversations SET last_seq = last_seq + 1 WHERE id = :conversation_id AND {IS_MEMBER} RETURNING last_seq"""

# Whoever comes back has read what they were sent before they left: nothing of it counts as new.
_JOIN = """
INSERT INTO members (conversation_id, user_id, joined_at, read_seq)
SELECT id, :user_id, :now, last_seq FROM conversations WHERE id = :conversation_id
ON CONFLICT (conversation_id, user_id) DO NOTHING"""


def check_conversation_id(conversation_id: str) -> None:
    """Raises NoConversation for what is no id, before a database is asked."""
    if not is_id(conversation_id):
        raise NoConversation


def locked(conversation_id: str) -> Statement:
    """The first statement of every transaction about who is in a conversation, or what is said there.

    Where there are several writers, an UPDATE that had to wait for its row looks again at that row alone: whether
    somebody is a member it would know from before the wait. The statement after this one begins after the wait.
    """
    return Statement(_LOCK, {"conversation_id": conversation_id}, dialect="postgresql")


def held_by_member(conversation_id: str, member: str) -> tuple[Statement, Statement]:
    """Holds the conversation's row for the rest of the transaction, and takes the next place in it, which the second
    returns; Conflict where `member` is not in it."""
    params = {"conversation_id": conversation_id, "member": member}
    return locked(conversation_id), Statement(_HOLD, params, needs_row=True)


def joining(conversation_id: str, user_id: str, now: int) -> Statement:
    """Does nothing for whoever is in it already; Conflict for whoever does not exist."""
    return Statement(_JOIN, {"conversation_id": conversation_id, "user_id": user_id, "now": now})
