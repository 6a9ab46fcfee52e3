"""Ids: UUIDs in their one canonical spelling. Any other spelling names nothing, so that one thing has one name."""

import re
import uuid

from chat.refusals import invalid
from latchstring import Entropy

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_id(text: str) -> bool:
    """36 characters, lower-case hex and hyphens. What is one, is safe in a topic, a path and a database."""
    return _ID.fullmatch(text) is not None


def check_client_id(client_id: str | None) -> str | None:
    """As it is kept: some clients write their UUIDs in capitals. Raises InvalidRequest."""
    if client_id is None or is_id(client_id.lower()):
        return client_id and client_id.lower()
    raise invalid("client_id", "client_id is a UUID.")


def new_id(entropy: Entropy) -> str:
    return new_ids(entropy, 1)[0]


def new_ids(entropy: Entropy, count: int) -> list[str]:
    """Entropy is asked for once for all of them: each time is a call of the system."""
    dice = entropy(16 * count)
    return [str(uuid.UUID(bytes=dice[at : at + 16], version=4)) for at in range(0, len(dice), 16)]
