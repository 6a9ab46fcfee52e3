"""Scripts, styles and icons: from the chat's own folder, and the browser modules out of the library's package."""

import os
from importlib.resources import files
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from chat.pages.policy import FILE_HEADERS

STATIC = Path(__file__).parent.parent / "static"
CLASSIC = {STATIC / "theme.js", STATIC / "take-token.js"}


class Files(StaticFiles):
    """Starlette's files, with our headers and an ETag, and one type for scripts whatever this machine calls them."""

    def file_response(
        self, full_path: "str | os.PathLike[str]", stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(FILE_HEADERS)
        if str(full_path).endswith(".js") and response.status_code == 200:
            response.headers["Content-Type"] = "text/javascript; charset=utf-8"
        return response


def file_mounts() -> list[Mount]:
    return [Mount(path, Files(directory=folder), name=path.strip("/")) for path, folder in _folders().items()]


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
