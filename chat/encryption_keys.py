"""Encryption keys: each member's pair for each conversation, of which the private half is stored sealed.

Sealing protects from whoever reads the database, not from whoever runs the server.
"""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from chat.jwk import KeyPair
from chat.memberships import IS_MEMBER, check_conversation_id, held_by_member
from chat.refusals import NoConversation
from latchstring import Conflict, Engine, NewerKey, Sealer, Statement

_ROW = """
INSERT INTO encryption_keys (conversation_id, user_id, public_key, private_key, updated_at)
VALUES (:conversation_id, :member, :public_key, :private_key, :now)
ON CONFLICT (conversation_id, user_id) DO """
_REPLACE = f"""{_ROW} UPDATE
SET public_key = excluded.public_key, private_key = excluded.private_key, updated_at = excluded.updated_at
RETURNING user_id"""
_IF_NONE = f"{_ROW} NOTHING RETURNING user_id"
_MAY_STAND = f"SELECT 1 WHERE {IS_MEMBER}"
_PUBLIC = """
SELECT e.user_id, e.public_key FROM members AS m
JOIN encryption_keys AS e ON e.conversation_id = m.conversation_id AND e.user_id = m.user_id
WHERE m.conversation_id = :conversation_id"""
_PRIVATE = f"""
SELECT private_key FROM encryption_keys
WHERE conversation_id = :conversation_id AND user_id = :member AND {IS_MEMBER}"""


class EncryptionKeys:
    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer

    def row(self, conversation_id: str, member: str, pair: KeyPair, now: int, *, if_none: bool = False) -> Statement:
        """Stores the pair, in place of one that is there, or only `if_none` is."""
        return Statement(
            _IF_NONE if if_none else _REPLACE,
            {
                "conversation_id": conversation_id,
                "member": member,
                "public_key": msgspec.json.encode(pair.public).decode(),
                "private_key": self._sealer.seal(msgspec.json.encode(pair.private), _whose(conversation_id, member)),
                "now": now,
            },
            needs_row=True,
        )

    async def set(
        self, conversation_id: str, member: str, pair: KeyPair, now: int, *, if_none: bool = False
    ) -> int | None:
        """The place in the conversation of the pair that is stored now. With `if_none` those that are there stand, and
        None is the answer: nothing was done. Raises NoConversation."""
        check_conversation_id(conversation_id)
        row = self.row(conversation_id, member, pair, now, if_none=if_none)
        try:
            [_, [(place,)], _] = await self._engine.write(*held_by_member(conversation_id, member), row)
        except Conflict:
            here = {"conversation_id": conversation_id, "member": member}
            if if_none and await self._engine.read(Statement(_MAY_STAND, here)):
                return None
            raise NoConversation from None
        return int(place)

    async def public(self, conversation_id: str) -> dict[str, dict[str, Any]]:
        """Those of current members, by user id, as they are sent."""
        rows = await self._engine.read(Statement(_PUBLIC, {"conversation_id": conversation_id}))
        return {user_id: as_sent(msgspec.json.decode(text), "public", user_id) for user_id, text in rows}

    async def private(self, conversation_id: str, member: str) -> dict[str, Any] | None:
        """The member's own, as it is sent to them alone. None where there is none, or the key that sealed it is gone
        from the ring: the member then makes new ones. Raises NewerKey where this node does not have that key yet."""
        rows = await self._engine.read(Statement(_PRIVATE, {"conversation_id": conversation_id, "member": member}))
        opened = self._sealer.open(rows[0][0], _whose(conversation_id, member)) if rows else None
        if opened is None and rows and self._sealer.is_ahead(rows[0][0]):
            raise NewerKey
        return None if opened is None else as_sent(msgspec.json.decode(opened), "private", member)


def _whose(conversation_id: str, member: str) -> bytes:
    """Bound to it, a sealed key that is moved to another row does not open there."""
    return f"{conversation_id} {member}".encode()


def as_sent(key: Mapping[str, Any], kind: Literal["public", "private"], user_id: str) -> dict[str, Any]:
    """One half of a pair, as clients are sent it."""
    return {**key, "type": kind, "user_id": user_id}
