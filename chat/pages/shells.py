"""The shells: rendered once, when the app is made, so that nothing of one request can get into the page of another."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from chat.pages.files import version
from chat.pages.held import is_held
from chat.pages.policy import page_headers
from chat.pages.settings import PageSettings

TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class Shell:
    """One page as it goes out: the same bytes and headers for everybody, a guest's and a user's alike."""

    body: bytes
    etag: str
    headers: Mapping[str, str]

    def response(self, request: Request, status: int = 200) -> Response:
        headers = dict(self.headers)
        if status != 200:
            return Response(self.body, status, {**headers, "Cache-Control": "no-store"}, "text/html")
        headers["ETag"] = self.etag
        if is_held(self.etag, request):
            return Response(status_code=304, headers=headers)
        return Response(self.body, status, headers, "text/html")


class Shells:
    def __init__(self, settings: PageSettings) -> None:
        self._settings = settings
        self._headers = page_headers(settings)
        self._templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)

    def shell(self, template: str) -> Shell:
        text = self._templates.get_template(template).render(settings=self._settings, static=f"/static/@{version()}")
        body = text.encode()
        return Shell(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', self._headers)
