"""What a message is: one group for what somebody said, and in it one copy for each recipient, which the server does not
read."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from chat.ids import is_id
from chat.refusals import InvalidMessage, WrongRecipients
from latchstring import Row

TEXT_LENGTH = 65_536
"""Characters of base64 in one copy."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


class Message(msgspec.Struct, frozen=True, gc=False):
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
    """The copies by recipient, current members all of them; none of what was deleted since. `place` is that of what was
    done, in the conversation; `is_new`: by this call."""

    message_group: str
    copies: Mapping[str, Message]
    place: int
    is_new: bool


DELETED = "deleted "
"""Before the id of a group that is kept for its `client_id` alone: no id looks like that."""
COLUMNS = "k.id, g.sender_id, k.content, g.id, g.inserted_at, g.updated_at, g.seq"
"""Of a copy `k` and its group `g`, as `Message` takes them."""
DELIVERED = f"""
SELECT k.recipient_id, {COLUMNS} FROM message_groups AS g
JOIN members AS m ON m.conversation_id = g.conversation_id
JOIN message_copies AS k ON k.conversation_id = g.conversation_id AND k.recipient_id = m.user_id AND k.seq = g.seq
WHERE g.conversation_id = :conversation_id AND g.sender_id = :member AND """
"""What current members have of a message of the sender's; a condition on `g` follows."""


class Copies(dict[str, str]):
    """Encrypted texts by recipient, which were checked: in a large group that is megabytes, so it is done once."""

    @classmethod
    def read(cls, copies: Mapping[str, Any]) -> "Copies":
        """Raises WrongRecipients for what is no id or nobody at all, and InvalidMessage for what is no base64."""
        if isinstance(copies, Copies):
            return copies
        if not copies or not all(map(is_id, copies)):
            raise WrongRecipients
        if not all(map(_is_encrypted, copies.values())):
            raise InvalidMessage
        return cls(copies)


def _is_encrypted(text: object) -> bool:
    """Base64 in the standard alphabet, its padding right or left out."""
    if not isinstance(text, str) or not 0 < len(text) <= TEXT_LENGTH or not _BASE64.fullmatch(text):
        return False
    return len(text) % 4 == 0 if text.endswith("=") else len(text) % 4 != 1


def read_delivered(rows: Sequence[Row], place: int | None = None) -> Delivered:
    """`place` of what has been done just now; none: it is what was sent before."""
    copies = {row[0]: Message(*row[1:]) for row in rows}
    one = next(iter(copies.values()))
    return Delivered(one.message_group, copies, one.seq if place is None else place, is_new=place is not None)
