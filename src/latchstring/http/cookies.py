"""The cookie of the web tier: one refresh token, sealed. The only place where a token meets a Cookie header.

Sealed (sealing.py): nobody can read it, change it, or use it under another name or for another purpose.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import msgspec

from latchstring.core.headers import values_of
from latchstring.core.keys import KeyRing
from latchstring.ports import Entropy
from latchstring.sealing import Sealer
from latchstring.settings import Settings

PURPOSE = "refresh-cookie"
COOKIE_LIMIT = 4096
"""Bytes of name and value together: what browsers keep at least (RFC 6265bis section 5.6)."""


class CookieContent(msgspec.Struct, frozen=True):
    """What is sealed in. The session's row decides all lifetimes: nothing here can be rolled back to an advantage."""

    rememberMe: bool  # noqa: N815 - the contract's spelling
    refreshToken: str  # noqa: N815

    def __repr__(self) -> str:
        return f"CookieContent(rememberMe={self.rememberMe})"


@dataclass(frozen=True, slots=True)
class Held:
    """What a request's cookies hold.

    | cookies of our name         | opened | held    | spoiled |                                                  |
    |-----------------------------|--------|---------|---------|--------------------------------------------------|
    | none                        | ()     | None    | no      |                                                  |
    | none that opens             | ()     | None    | yes     | treated as none, and cleared                     |
    | none that opens, one of them by a newer key | () | None | no | `ahead`: another node can open it            |
    | one that opens, any garbage | (a,)   | a       | no      | tossed garbage changes nothing                   |
    | several that open, equal    | (a,)   | a       | no      |                                                  |
    | several that open, and differ | (a, b) | None  | no      | somebody plants a sign-in of theirs: used for    |
    |                             |        |         |         | nothing but signing out, and nothing is cleared  |
    """

    opened: tuple[CookieContent, ...]
    came: bool
    newer: bool = False

    @property
    def held(self) -> CookieContent | None:
        return self.opened[0] if len(self.opened) == 1 else None

    @property
    def spoiled(self) -> bool:
        return self.came and not self.opened and not self.newer

    @property
    def ahead(self) -> bool:
        return self.newer and not self.opened


class RefreshCookie:
    """Seals, opens and clears. Attributes are the same for setting and for clearing, or clearing would miss."""

    def __init__(self, *, key_ring: KeyRing, settings: Settings, entropy: Entropy) -> None:
        self._sealer = Sealer(key_ring, PURPOSE, entropy)
        self.name = "__Host-Http-latchstring" if settings.secure else "latchstring"
        self._attributes = "; Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if settings.secure else "")
        self._content = msgspec.json.Decoder(CookieContent)

    def held(self, scope: Any) -> Held:
        values = self._values(scope)
        sealed = [raw for value in values if (raw := _unwrapped(value)) is not None]
        opened = dict.fromkeys(content for raw in sealed if (content := self._open(raw)) is not None)
        return Held(tuple(opened), came=bool(values), newer=any(map(self._sealer.is_ahead, sealed)))

    def header(self, content: CookieContent, max_age: int) -> str:
        """A Set-Cookie value. `max_age` (seconds) counts where the session is remembered; else the browser decides."""
        value = self._seal(content)
        if len(self.name) + len(value) > COOKIE_LIMIT:
            raise ValueError("the cookie is too large to be kept by a browser")
        age = f"; Max-Age={max_age}" if content.rememberMe else ""
        return f"{self.name}={value}{self._attributes}{age}"

    def clearing_header(self) -> str:
        return f"{self.name}={self._attributes}; Max-Age=0"

    def _values(self, scope: Any) -> list[str]:
        """Every cookie of our exact name, wherever it stands: a browser sends those of longer paths first."""
        lines = [value.decode("latin-1") for value in values_of(scope["headers"], b"cookie")]
        pairs = (pair.strip().partition("=") for line in lines for pair in line.split(";"))
        return [value for name, _, value in pairs if name == self.name]

    def _seal(self, content: CookieContent) -> str:
        sealed = self._sealer.seal(msgspec.json.encode(content), self.name.encode())
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def _open(self, sealed: bytes) -> CookieContent | None:
        opened = self._sealer.open(sealed, self.name.encode())
        try:
            return None if opened is None else self._content.decode(opened)
        except ValueError:
            return None


def _unwrapped(value: str) -> bytes | None:
    if len(value) > COOKIE_LIMIT:
        return None
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
