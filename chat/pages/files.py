"""Scripts, styles and icons: from the chat's own folder, and the browser modules out of the library's package.

They are read once, and kept: looking into the folder each time costs ten times as much as what it says. Modules are one
file together (bundle.py), and the one that starts the page beside it; where another is asked for by its own name, it
hands on what is in there, so that a page has one of each.

Pages name them with the version of all (`/static/@…/start.js`), so that a browser asks for each once and never again.
With another version they are there too, to be asked for each time, as are those without: while nodes are renewed one by
one, a page of an old one gets the new one's. All modules are of one version even then.
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

from chat.pages.bundle import Module, bundle, read_modules
from chat.pages.held import is_held
from chat.pages.policy import FILE_HEADERS

STATIC = Path(__file__).parent.parent / "static"
START, BUNDLE = "/static/start.js", "/static/modules.js"
CLASSIC = ("/static/theme.js", "/static/take-token.js")
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
    def at(cls, address: str, content: bytes) -> "File":
        if address.endswith(".js"):
            return cls.of(content, SCRIPT)
        kind = mimetypes.guess_type(address)[0] or "application/octet-stream"
        return cls.of(content, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)

    def response(self, request: Request, *, for_good: bool) -> Response:
        """`for_good`: under this address it never changes."""
        headers = {**self.headers, **(FOR_GOOD if for_good else {})}
        if not is_held(self.headers["etag"], request):
            return Response(self.content, headers=headers)
        return Response(status_code=304, headers={name: headers[name] for name in ("etag", *FILE_HEADERS)})


class Files:
    """The files below one place, by the rest of their addresses, as an ASGI app for a Mount there."""

    def __init__(self, files: Mapping[str, File], version: str) -> None:
        self._files = files
        self._mark = f"/@{version}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        path: str = scope["path"].removeprefix(scope["root_path"])
        file = self._files.get(_MARK.sub("", path))
        if file is None:
            raise HTTPException(404)
        await file.response(Request(scope), for_good=path.startswith(self._mark))(scope, receive, send)


def file_mounts() -> list[Mount]:
    by_place: dict[str, dict[str, File]] = {}
    for address, content in _served(version()).items():
        _, place, name = address.split("/", 2)
        by_place.setdefault(place, {})[f"/{name}"] = File.at(address, content)
    return [Mount(f"/{place}", Files(those, version()), name=place) for place, those in by_place.items()]


@cache
def version() -> str:
    """Of all files together: another one where one letter of one of them is."""
    digest = hashlib.blake2b(digest_size=8)
    for address, content in _served("").items():
        digest.update(address.encode() + b"\0" + hashlib.blake2b(content).digest())
    return digest.hexdigest()


@cache
def module_texts() -> Mapping[str, str]:
    """As they were written, by their addresses, without the one that starts the page."""
    return {address: content.decode() for address, content in _found().items() if _is_module(address)}


@cache
def _modules() -> Mapping[str, Module]:
    """In the order in which they run. Raises NotBundled."""
    return read_modules(module_texts())


def _served(version: str) -> dict[str, bytes]:
    """By address without the version. Raises NotBundled."""
    modules, bundled = _modules(), f"/static/@{version}/modules.js"
    start = Module.read(START, _found()[START].decode())
    return {
        **_found(),
        **{module.address: module.from_bundle(bundled).encode() for module in modules.values()},
        START: start.beside_bundle(bundled).encode(),
        BUNDLE: bundle(modules).encode(),
    }


def _is_module(address: str) -> bool:
    return address.endswith(".js") and address not in (START, *CLASSIC)


@cache
def _found() -> Mapping[str, bytes]:
    folders = {"/static": STATIC, "/latchstring": Path(str(files("latchstring") / "browser"))}
    return {
        f"{place}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for place, folder in folders.items()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
