"""Scripts, styles and icons: from the chat's own folder, and the browser modules out of the library's package.

They are read once, and kept: a page asks for more than a hundred of them, and looking into the folder each time costs
ten times as much as what it says.

Pages name them with the version of all (`/static/@…/start.js`), so that a browser asks for each once and never again,
and no page is made of files of two versions. With another version they are there too, to be asked for each time, as are
those without; a module without it hands on what the one with it says, so that a page has one of each.
"""

import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from chat.pages.held import is_held
from chat.pages.policy import FILE_HEADERS

STATIC = Path(__file__).parent.parent / "static"
CLASSIC = {STATIC / "theme.js", STATIC / "take-token.js"}
FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}
SCRIPT = "text/javascript; charset=utf-8"
"""Whatever this machine calls them."""
_MARK = re.compile(r"\A/@[^/]*")


@dataclass(frozen=True, slots=True)
class File:
    content: bytes = field(repr=False)
    headers: Mapping[str, str]

    @classmethod
    def of(cls, content: bytes, kind: str) -> "File":
        """Its ETag tells its content, so that it is the same on every node and after each start."""
        etag = hashlib.blake2b(content, digest_size=16).hexdigest()
        return cls(content, {"etag": f'"{etag}"', "content-type": kind, **FILE_HEADERS})

    @classmethod
    def read(cls, path: Path, version: str) -> "File":
        content = path.read_bytes()
        if path.suffix == ".js":
            # From folder to folder; within one, modules name each other by where they are.
            return cls.of(content.replace(b'"/latchstring/', f'"/latchstring/@{version}/'.encode()), SCRIPT)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return cls.of(content, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)

    def response(self, request: Request, *, for_good: bool) -> Response:
        """`for_good`: under this address it never changes."""
        headers = {**self.headers, **(FOR_GOOD if for_good else {})}
        if not is_held(self.headers["etag"], request):
            return Response(self.content, headers=headers)
        return Response(status_code=304, headers={name: headers[name] for name in ("etag", *FILE_HEADERS)})


class Files:
    """The files of a folder, as an ASGI app for below a Mount at `place`."""

    def __init__(self, place: str, folder: Path, version: str) -> None:
        self._files = {name: File.read(path, version) for name, path in _files_of(folder)}
        self._mark = f"/@{version}/"
        self._modules = {
            name: File.of(f'export * from "{place}/@{version}{name}";\n'.encode(), SCRIPT)
            for name, path in _files_of(folder)
            if _is_module(path)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        path: str = scope["path"].removeprefix(scope["root_path"])
        file = self._modules.get(path) or self._files.get(_MARK.sub("", path))
        if file is None:
            raise HTTPException(404)
        await file.response(Request(scope), for_good=path.startswith(self._mark))(scope, receive, send)


def file_mounts() -> list[Mount]:
    return [Mount(path, Files(path, folder, version()), name=path.strip("/")) for path, folder in _folders().items()]


def modules() -> list[str]:
    """Every module that a page runs, so that a browser asks for all at once and not for each when another names it."""
    found = [
        f"{path}/@{version()}{name}"
        for path, folder in _folders().items()
        for name, file in _files_of(folder)
        if _is_module(file)
    ]
    return sorted(found)


@cache
def version() -> str:
    """Of all files together: another one where one letter of one of them is."""
    digest = hashlib.blake2b(digest_size=8)
    for folder in _folders().values():
        for name, file in _files_of(folder):
            digest.update(name.encode() + b"\0" + hashlib.blake2b(file.read_bytes()).digest())
    return digest.hexdigest()


def _is_module(path: Path) -> bool:
    return path.suffix == ".js" and path not in CLASSIC


@cache
def _files_of(folder: Path) -> tuple[tuple[str, Path], ...]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return tuple(sorted((f"/{path.relative_to(folder).as_posix()}", path) for path in found))


def _folders() -> dict[str, Path]:
    return {"/static": STATIC, "/latchstring": Path(str(files("latchstring") / "browser"))}
