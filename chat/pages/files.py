"""Scripts, styles and icons: from the chat's own folder, and the browser modules out of the library's package.

They are read once, when the app is made, and kept: a page asks for more than a hundred of them, nearly always to hear
that nothing has changed, and looking into the folder each time costs ten times as much as saying so.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from chat.pages.policy import FILE_HEADERS

STATIC = Path(__file__).parent.parent / "static"
CLASSIC = {STATIC / "theme.js", STATIC / "take-token.js"}
_SCRIPT = "text/javascript; charset=utf-8"


@dataclass(frozen=True, slots=True)
class File:
    content: bytes = field(repr=False)
    headers: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> "File":
        content = path.read_bytes()
        # Whatever this machine calls scripts. By its content, a file has one name on every node and after each start.
        kind = _SCRIPT if path.suffix == ".js" else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        kind += "; charset=utf-8" if kind.startswith("text/") and "charset" not in kind else ""
        etag = hashlib.blake2b(content, digest_size=16).hexdigest()
        return cls(content, {"etag": f'"{etag}"', "content-type": kind, **FILE_HEADERS})

    def response(self, asked_for: str | None) -> Response:
        """`asked_for` is what the browser holds: its If-None-Match."""
        held = {tag.strip().removeprefix("W/") for tag in (asked_for or "").split(",")}
        if self.headers["etag"] not in held:
            return Response(self.content, headers=self.headers)
        return Response(status_code=304, headers={name: self.headers[name] for name in ("etag", *FILE_HEADERS)})


class Files:
    """The files of a folder, as an ASGI app for below a Mount."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            f"/{path.relative_to(folder).as_posix()}": File.read(path) for path in folder.rglob("*") if path.is_file()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        file = self._files.get(scope["path"].removeprefix(scope["root_path"]))
        if file is None:
            raise HTTPException(404)
        await file.response(Request(scope).headers.get("if-none-match"))(scope, receive, send)


def file_mounts() -> list[Mount]:
    return [Mount(path, Files(folder), name=path.strip("/")) for path, folder in _folders().items()]


def modules() -> list[str]:
    """Every module that a page runs, so that a browser asks for all at once and not for each when another names it."""
    found = [
        f"{path}/{file.relative_to(folder).as_posix()}"
        for path, folder in _folders().items()
        for file in folder.rglob("*.js")
        if file not in CLASSIC
    ]
    return sorted(found)


def _folders() -> dict[str, Path]:
    return {"/static": STATIC, "/latchstring": Path(str(files("latchstring") / "browser"))}
