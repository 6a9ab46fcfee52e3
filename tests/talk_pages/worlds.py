"""Made-up conversations, as the doubles of `talk/` take them."""

from typing import Any

PASSWORD = "a door with a string"
NOON = 1_795_600_000_000
MINUTE = 60_000

ADA = {"id": "a1a1a1a1-0000-4000-8000-000000000001", "name": "Ada Lovelace", "email": "ada@example.org"}
GRACE = {"id": "a1a1a1a1-0000-4000-8000-000000000002", "name": "Grace Hopper", "email": "grace@example.org"}
ALAN = {"id": "a1a1a1a1-0000-4000-8000-000000000003", "name": "Alan Turing", "email": "alan@example.org"}

PRIVATE = "c1c1c1c1-0000-4000-8000-000000000001"
GROUP = "c1c1c1c1-0000-4000-8000-000000000002"
STRANGE = "c1c1c1c1-0000-4000-8000-00000000000f"


def conversation(conversation_id: str, *people: dict[str, str], **facts: Any) -> dict[str, Any]:
    return {"id": conversation_id, "isPrivate": True, "people": list(people), "updatedAt": NOON, **facts}


def said(
    key: str, text: str | None, by: dict[str, str] | None = ADA, minute: float = 0, **facts: Any
) -> dict[str, Any]:
    """`by` None is oneself."""
    who = {"senderId": by["id"], "senderName": by["name"]} if by else {"senderId": "me", "senderName": "Me"}
    at = NOON + int(minute * MINUTE)
    return {"key": key, "group": f"group-{key}", **who, "isMine": by is None, "text": text, "at": at, **facts}


def world(*entries: dict[str, Any], **room: Any) -> dict[str, Any]:
    """A private conversation with Ada, in which `entries` were said, beside a group that is silent."""
    return {
        "conversations": [
            conversation(PRIVATE, ADA),
            conversation(GROUP, GRACE, ALAN, isPrivate=False, alias="Compilers", updatedAt=NOON - 90 * MINUTE),
        ],
        "rooms": {PRIVATE: {"entries": list(entries), **room}, GROUP: {}},
        "found": [ADA, GRACE, ALAN],
    }
