"""How the web tier speaks to the API tier: in the same process, or over HTTP. One verb, two ways."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from latchstring.issuing import Visitor

Headers = Sequence[tuple[bytes, bytes]]

JSON = (b"content-type", b"application/json")


class _Error(msgspec.Struct):
    code: str


class _Shape(msgspec.Struct):
    error: _Error


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What the API tier said. Header names are lower-case."""

    status: int
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def code(self) -> str | None:
        """The error's code, where this is an error."""
        try:
            return msgspec.json.decode(self.body, type=_Shape).error.code if self.status >= 400 else None
        except ValueError:
            return None

    def told(self, *names: str) -> dict[str, str]:
        """Those of the named headers that came."""
        return {name.decode(): value.decode("latin-1") for name, value in self.headers if name.decode() in names}


class ApiClient(Protocol):
    """The API tier, as the web tier sees it: in this process or elsewhere."""

    async def call(
        self,
        method: str,
        path: str,
        *,
        visitor: Visitor,
        body: bytes = b"",
        headers: Headers = (JSON,),
        query: bytes = b"",
    ) -> ApiAnswer:
        """Calls the API tier on a visitor's behalf. `path` is not percent-encoded.

        Raises Unavailable where no answer came, or one that is not the API tier's.
        """

    async def close(self) -> None:
        """Gives up what the client holds open."""
