"""What is written in tokens, for whoever keeps the ledger. Nothing here is shown to the product."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from latchstring.core import refresh_token
from latchstring.http.cookies import RefreshCookie
from latchstring.key_file import load_or_create_key_ring
from latchstring.settings import Settings

COOKIE = "latchstring"


@dataclass(frozen=True, slots=True)
class Seen:
    """A refresh token, as it is told apart from others: of one session and generation there is only one, ever."""

    session_id: str
    generation: int
    print: str


class Reader:
    """Reads with the nodes' own key ring, which is made if it is not there yet."""

    def __init__(self, secrets: Path) -> None:
        self._ring = load_or_create_key_ring(secrets, os.urandom)
        self._cookie = RefreshCookie(key_ring=self._ring, settings=Settings(), entropy=os.urandom)

    def token(self, text: str) -> Seen:
        shown = refresh_token.decode(self._ring, text)
        assert shown is not None, "a refresh token that is none"
        return Seen(shown.session_id, shown.generation, hashlib.sha256(shown.secret).hexdigest()[:12])

    def cookie(self, value: str) -> Seen:
        held = self._cookie.held({"headers": [(b"cookie", f"{COOKIE}={value}".encode())]}).held
        assert held is not None, "a cookie that holds nothing"
        return self.token(held.refreshToken)


def session_of(auth_token: str) -> str:
    payload = auth_token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sid"])


def set_cookie(headers: tuple[str, ...]) -> str | None:
    """The value that a jar takes from an answer: an empty one where it is cleared, None where nothing is said."""
    for header in headers:
        name, _, rest = header.partition("=")
        if name == COOKIE:
            return rest.partition(";")[0]
    return None
