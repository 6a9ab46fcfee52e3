"""Answers in JSON that nobody may keep."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

_encode = msgspec.json.Encoder().encode


class Answer(Response):
    """What every call answers: JSON (or nothing), never stored by a browser or a proxy, never sniffed."""

    def __init__(self, content: Any = None, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.status_code = status
        self.background = None
        self.body = b"" if content is None else content if isinstance(content, bytes) else _encode(content)
        self.raw_headers = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
        if self.body:
            self.raw_headers.append((b"content-type", b"application/json"))
        if self.body or status != 204:
            self.raw_headers.append((b"content-length", b"%d" % len(self.body)))
        if headers:
            self.raw_headers += [(name.lower().encode("latin-1"), headers[name].encode("latin-1")) for name in headers]


def nothing(headers: Mapping[str, str] | None = None) -> Answer:
    """204: it is done, and there is nothing to say."""
    return Answer(None, 204, headers)
