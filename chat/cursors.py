"""Cursors: where a page ended, sealed for whoever asked and for what they asked. Nobody else's opens, and none can be
made up."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from chat.refusals import invalid
from latchstring import Sealer

PAGE_SIZE = 20
"""Of who does not say how many they want."""

_LENGTH = 256
"""Characters; ours have less than a hundred."""

Each = TypeVar("Each")


def cut(found: Sequence[Each], size: int) -> tuple[Sequence[Each], Each | None]:
    """A page of what was looked for with room for one more, and its last where there is one more behind it."""
    kept = found[:size]
    return kept, kept[-1] if len(found) > size else None


class Cursors:
    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def write(self, asker: str, pages: str, position: str) -> str:
        """`pages` says what is paged: the same question has to be asked with it again."""
        sealed = self._sealer.seal(position.encode(), _bound_to(asker, pages))
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def read(self, asker: str, pages: str, token: str) -> str:
        """The position. Raises InvalidRequest("page_token")."""
        opened = self._sealer.open(_decoded(token), _bound_to(asker, pages))
        if opened is None:
            raise invalid("page_token", "page_token is not one that came with the page before.")
        return opened.decode()


def _bound_to(asker: str, pages: str) -> bytes:
    return f"{asker}\0{pages}".encode()


def _decoded(token: str) -> bytes:
    """Nothing, which opens for nobody, where it is no base64url."""
    if len(token) > _LENGTH or not token.isascii():
        return b""
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return b""
