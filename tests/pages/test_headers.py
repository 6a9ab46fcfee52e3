"""What every page and file says about itself, and that a page is the same for everybody."""

import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from chat.pages.files import version
from chat.pages.policy import content_security_policy, page_headers
from chat.pages.routes import PAGES, PageSettings, page_errors, page_routes
from latchstring import ConfigurationError

PATHS = [path.replace("{id:uuid}", "3f2b8c1e-0000-4000-8000-000000000000") for path in PAGES]
SETTINGS = PageSettings()


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=page_routes(SETTINGS), exception_handlers=page_errors(SETTINGS))
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("path", [*PATHS, "/nowhere", "/chat/not-an-id"])
def test_every_page_forbids_inline_code_framing_and_strange_origins(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert {policy[name] for name in ("object-src", "base-uri", "frame-ancestors", "trusted-types")} == {"'none'"}
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_holds_no_inline_script_style_or_handler(client: TestClient, path: str) -> None:
    html = client.get(path).text
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", html) == []


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_the_same_whoever_asks_and_sets_no_cookie(client: TestClient, path: str) -> None:
    guest = client.get(path)
    user = client.get(path, headers={"Cookie": "latchstring=sealed", "Authorization": "Bearer canary"})
    assert guest.content == user.content
    assert "set-cookie" not in user.headers
    assert "cookie" not in user.headers.get("vary", "").lower()


def test_a_page_or_file_that_is_held_already_is_not_sent_again(client: TestClient) -> None:
    for path in ("/login", "/static/start.js", "/static/theme.js"):
        first = client.get(path)
        assert first.headers["cache-control"] == "no-cache"
        again = client.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")


def test_what_a_page_names_is_asked_for_once_and_never_again(client: TestClient) -> None:
    named = re.findall(r'(?:src|href)="(/(?:static|latchstring)/[^"]+)"', client.get("/login").text)
    assert len(named) < 15
    for path in named:
        assert path.split("/")[2] == f"@{version()}"
        answer = client.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
        assert re.findall(r'from "(?!/static/@)', answer.text) == []


def test_a_file_of_another_version_is_there_and_asked_for_each_time(client: TestClient) -> None:
    for path in ("/static/@of-yesterday/start.js", "/static/base.css", "/latchstring/@of-yesterday/session.js"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


def test_a_module_that_is_asked_for_by_its_name_is_the_one_that_the_page_has(client: TestClient) -> None:
    named = client.get("/static/latch.js").text
    assert named.startswith(f'import {{ static_latch }} from "/static/@{version()}/modules.js";\nexport const {{ ')
    assert client.get(f"/static/@{version()}/latch.js").text == named
    assert client.get("/latchstring/door.js").text.startswith("import { latchstring_door } from ")


def test_what_starts_a_page_takes_but_one_name_of_the_modules_which_may_be_of_another_version(
    client: TestClient,
) -> None:
    lines = [line for line in client.get("/static/start.js").text.splitlines() if line and not line.startswith("//")]
    bundled = f'import {{ static_begin }} from "/static/@{version()}/modules.js";'
    assert lines == [bundled, "const { begin } = static_begin;", "await begin();"]


def test_scripts_are_served_as_scripts_for_our_own_pages_alone(client: TestClient) -> None:
    for path in ("/static/start.js", "/latchstring/session.js"):
        headers = client.get(path).headers
        assert headers["content-type"] == "text/javascript; charset=utf-8"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/static/../pages/routes.py", "/static/%2e%2e/app.py", "/latchstring/..%2fports.py"])
def test_no_path_leads_out_of_the_folders_of_files(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_what_is_not_there_and_what_is_not_taken_have_pages_of_their_own(client: TestClient) -> None:
    missing, posted = client.get("/nowhere"), client.post("/login", data={"password": "canary"})
    assert (missing.status_code, posted.status_code) == (404, 405)
    assert posted.headers["allow"] in ("GET, HEAD", "HEAD, GET")
    for answer in (missing, posted):
        assert answer.headers["cache-control"] == "no-store"
        assert "<h1" in answer.text
        assert "canary" not in answer.text


def test_a_failure_is_told_in_a_page_that_gives_nothing_away() -> None:
    async def fail(request: object) -> None:
        raise RuntimeError("canary")

    app = Starlette(exception_handlers=page_errors(SETTINGS))
    app.add_route("/fails", fail)  # type: ignore[arg-type]
    answer = TestClient(app, raise_server_exceptions=False).get("/fails")
    assert answer.status_code == 500
    assert "<h1" in answer.text
    assert "canary" not in answer.text


@pytest.mark.parametrize("secure", [True, False])
def test_browsers_are_told_to_keep_to_https_where_the_public_address_is_https(secure: bool) -> None:
    assert ("Strict-Transport-Security" in page_headers(PageSettings(secure=secure))) is secure


@pytest.mark.parametrize(
    ("settings", "connect"),
    [
        (PageSettings(), "connect-src 'self'"),
        (PageSettings(socket_url="wss://api.example.org/socket"), "connect-src 'self' wss://api.example.org"),
        (PageSettings(socket_url="https://api.example.org/socket"), "connect-src 'self' wss://api.example.org"),
    ],
)
def test_scripts_may_speak_to_us_and_to_the_socket_alone(settings: PageSettings, connect: str) -> None:
    assert connect in content_security_policy(settings).split("; ")


@pytest.mark.parametrize(
    "source", ["wss://a.org; script-src *", "wss://a.org https://b.org", "javascript://a.org", "wss://'unsafe-inline'"]
)
def test_a_setting_cannot_write_into_the_policy(source: str) -> None:
    with pytest.raises(ConfigurationError):
        PageSettings(socket_url=source)


def test_who_types_register_comes_to_where_one_registers(client: TestClient) -> None:
    answer = client.get("/register", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login#register")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
