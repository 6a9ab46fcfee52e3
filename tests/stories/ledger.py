"""What stands in the database of a running server, and what a browser's cookie is worth against it. Spends nothing."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext

from latchstring.core import refresh_token
from latchstring.core.keys import KeyRing
from latchstring.http.cookies import RefreshCookie
from latchstring.key_file import load_or_create_key_ring
from latchstring.settings import Settings
from tests.stories.asking import ask

COOKIE = "latchstring"

_TIMES = ("inserted_at", "last_seen_at", "confirmed_at", "head_at", "handed_at", "idle_until", "expires_at")


@dataclass(frozen=True)
class Row:
    """One session, as far as stories ask for it. `rotations` is how often its head was minted; `proved` says that the
    newest one is known to have arrived."""

    id: str
    rotations: int
    proved: bool
    reason: str | None
    remembered: bool


class Ledger:
    def __init__(self, database: str, secrets: Path, cookie_secrets: Path) -> None:
        """`database` is the address that its server has."""
        self._database = database
        self._tokens = load_or_create_key_ring(secrets)
        self._cookies = _cookies(load_or_create_key_ring(cookie_secrets.with_suffix(".secrets")))

    def read(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return ask(self._database, sql, values)

    def write(self, sql: str, *values: Any) -> None:
        ask(self._database, sql, values)

    def sessions(self, email: str) -> list[Row]:
        """All sessions there ever were of this person, the oldest first."""
        return [
            Row(session_id, head_gen, head_gen == base_gen, reason, bool(remembered))
            for session_id, head_gen, base_gen, reason, remembered in self.read(
                "SELECT s.id, s.head_gen, s.base_gen, s.revoke_reason, s.remembered FROM latchstring_sessions s "
                "JOIN latchstring_accounts a ON a.id = s.subject WHERE a.email = ? ORDER BY s.inserted_at",
                email,
            )
        ]

    def pass_time(self, session_id: str, seconds: int) -> None:
        """Sets every time of the row back, which for the server is the same as that much time having gone by."""
        changes = ", ".join(f"{name} = {name} - {1000 * seconds}" for name in _TIMES)
        self.write(f"UPDATE latchstring_sessions SET {changes} WHERE id = ?", session_id)

    async def cookie_is_good(self, context: BrowserContext) -> bool:
        """Whether the jar holds a refresh token that would be served: the head of a live session, or its base."""
        return self.is_good(await jar(context))

    def is_good(self, cookies: Sequence[str]) -> bool:
        if len(cookies) != 1:
            return False
        held = self._cookies.held({"headers": [(b"cookie", f"{COOKIE}={cookies[0]}".encode())]}).held
        shown = refresh_token.decode(self._tokens, held.refreshToken) if held else None
        if shown is None:
            return False
        found = self.read(
            "SELECT base_gen, base_hash, head_gen, head_hash FROM latchstring_sessions "
            "WHERE id = ? AND revoked_at IS NULL",
            shown.session_id,
        )
        digest = refresh_token.digest(shown.secret)
        return any({row[0]: row[1], row[2]: row[3]}.get(shown.generation) == digest for row in found)


async def jar(context: BrowserContext) -> list[str]:
    """The values of our cookie in a browser's jar."""
    return [cookie["value"] for cookie in await context.cookies() if cookie["name"] == COOKIE]


def _cookies(ring: KeyRing) -> RefreshCookie:
    return RefreshCookie(key_ring=ring, settings=Settings(), entropy=os.urandom)
