"""The reference says what the code says: each table is held against the very values that run."""

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from httpx2 import ASGITransport, AsyncClient
from starlette.routing import Route

from chat import refusals
from chat.app import Chat
from chat.pages.routes import PAGES
from chat.settings import SETTINGS, read_settings
from latchstring.errors import EndReason, Refused, Unavailable
from latchstring.http import InProcess
from latchstring.http.problems import PROBLEMS
from latchstring.live.close_codes import CLOSE_CODES
from latchstring.settings import Settings
from tests.architecture.repository import CHAT, LIBRARY, ROOT, sources

REFERENCE = ROOT / "docs" / "reference"


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the one table under a heading of a page, without the heading row and without code marks."""
    text = (REFERENCE / page).read_text()
    found = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference/{page} has no heading {heading!r}"
    lines = [line for line in found[1].splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_setting_of_the_library_is_documented_with_its_default() -> None:
    written = {row[0]: row[1] for row in rows("settings.md", "The library")}
    assert written == {field.name: repr(field.default) for field in dataclasses.fields(Settings)}


def test_every_variable_of_the_chat_is_documented_with_its_default_and_its_meaning() -> None:
    written = {row[0]: (row[1], row[2]) for row in rows("settings.md", "The chat")}
    assert written == {each.name: (each.default or "none", each.meaning) for each in SETTINGS}


def test_no_variable_is_read_that_is_not_documented() -> None:
    """Wherever it is named: a variable that is read past the table of settings shows here."""
    named = {found for path in sources(CHAT, LIBRARY) for found in re.findall(r"\bCHAT_[A-Z_]+\b", path.read_text())}
    assert named <= {row[0] for row in rows("settings.md", "The chat")}


def _refusals(root: type[Refused] = Refused) -> Iterator[type[Refused]]:
    for kind in root.__subclasses__():
        # Tests and apps may have refusals of their own.
        if kind.__module__ == "latchstring.errors":
            yield kind
            yield from _refusals(kind)


def test_every_error_code_is_documented_with_its_status() -> None:
    written = {(row[0], int(row[1])) for row in rows("errors.md", "Codes")}
    kinds: list[type[Refused | Unavailable]] = [*_refusals(), Unavailable]
    answered = {(kind.code, next(PROBLEMS[k].status for k in kind.__mro__ if k in PROBLEMS)) for kind in kinds}
    assert written == answered | {("internal_error", 500)}


def test_every_error_code_of_the_chat_is_documented() -> None:
    kinds = [each for each in vars(refusals).values() if isinstance(each, type) and issubclass(each, Refused)]
    own = {kind.code for kind in kinds if kind.__module__ == refusals.__name__}
    assert {row[0] for row in rows("errors.md", "The chat's own")} == own


def test_the_reference_says_which_error_clears_the_cookie() -> None:
    written = {row[0] for row in rows("errors.md", "Codes") if row[2] == "cleared"}
    assert written == {kind.code for kind in _refusals() if PROBLEMS.get(kind) and PROBLEMS[kind].clears_cookie}


def test_every_reason_of_an_ended_session_is_documented() -> None:
    assert [row[0] for row in rows("errors.md", "Why a session ended")] == list(get_args(EndReason))


def test_every_close_code_is_documented_in_the_words_of_the_code() -> None:
    written = [(int(row[0]), row[1], row[2]) for row in rows("close-codes.md", "Codes")]
    assert written == [(each.code, each.meaning, each.client) for each in CLOSE_CODES]


def test_no_close_code_is_used_that_is_not_documented() -> None:
    documented = {row[0] for row in rows("close-codes.md", "Codes")}
    bare = {
        f"{path.stem}: {node.value}"
        for path in sources(LIBRARY, CHAT)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and type(node.value) is int
        if (1000 < node.value < 1016 or (4000 <= node.value < 5000 and node.value != 4096))
        if str(node.value) not in documented
    }
    assert bare == set()


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    return Chat(read_settings({"CHAT_DATABASE_URL": f"sqlite:///{tmp_path}/chat.db"}))


@pytest.mark.anyio
async def test_every_call_of_the_api_tier_is_documented_and_whether_it_needs_a_bearer(chat: Chat) -> None:
    async with AsyncClient(transport=ASGITransport(chat.api_tier()), base_url="http://localhost:8000") as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    served = {
        (f"{method.upper()} {path}", "yes" if "security" in operation else "no", operation["summary"])
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    assert {(row[0], row[1], row[2]) for row in rows("routes.md", "API tier")} == served


def test_no_route_of_the_api_tier_is_left_out_of_its_own_document(chat: Chat) -> None:
    """So that the reference, which is held against that document, leaves none out either."""
    documented = {row[0].split()[1] for row in rows("routes.md", "API tier")}
    about = {row[0].split()[1] for row in rows("routes.md", "About a tier")}
    assert {getattr(route, "path", "") for route in chat.api_tier().routes} == documented | about


def test_every_call_of_the_web_tier_is_documented(chat: Chat) -> None:
    web = chat.auth.web_tier(InProcess(chat.api_tier()))
    served = {
        f"{method} {route.path}" for route in web.routes if isinstance(route, Route) for method in _methods(route)
    }
    written = {row[0] for heading in ("Web tier", "Passed on") for row in rows("routes.md", heading)}
    assert served - {"GET /healthz"} == written


def _methods(route: Route) -> set[str]:
    return (route.methods or set()) - {"HEAD"}


def test_every_page_is_documented() -> None:
    assert [row[0] for row in rows("routes.md", "Pages")] == [re.sub(r":\w+}", "}", path) for path in PAGES]
