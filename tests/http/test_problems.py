"""One table, one shape: for everything that can go wrong, in both tiers."""

import logging
from pathlib import Path

import httpx2
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from latchstring import errors
from latchstring.http.problems import PROBLEMS, answer_problem, clears_cookie
from tests.http.house import SAME_ORIGIN, House, bearer, code, housed, register

pytestmark = pytest.mark.anyio

STATUSES = {
    "invalid_request": {400},
    "invalid_token": {400, 401},
    "superseded": {401},
    "invalid_credentials": {401},
    "session_ended": {401},
    "cross_origin": {403},
    "not_found": {404},
    "method_not_allowed": {405},
    "email_taken": {409},
    "retry": {409},
    "body_too_large": {413},
    "unsupported_media_type": {415},
    "too_many_requests": {429},
    "unavailable": {503},
}


def every(kind: type[errors.LatchstringError]) -> list[type[errors.LatchstringError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in every(child))]


def instance(kind: type[errors.LatchstringError]) -> errors.Refused | errors.Unavailable:
    if kind is errors.SessionEnded:
        return errors.SessionEnded("idle")
    if kind is errors.TooManyRequests:
        return errors.TooManyRequests(7)
    made = kind()
    assert isinstance(made, errors.Refused | errors.Unavailable)
    return made


KINDS = [
    kind for kind in [*every(errors.Refused)[1:], *every(errors.Unavailable)] if kind.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_its_status(kind: type[errors.LatchstringError]) -> None:
    error = instance(kind)
    answer = answer_problem(error)
    assert answer.status_code in STATUSES[error.code]
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)
    assert ("retry-after" in answer.headers) == (answer.status_code in (429, 503))


def test_only_the_end_of_a_session_clears_a_cookie() -> None:
    assert [kind for kind, problem in PROBLEMS.items() if problem.clears_cookie] == [errors.SessionEnded]
    assert clears_cookie("session_ended")
    for kind in KINDS:
        if kind is not errors.SessionEnded:
            assert not clears_cookie(instance(kind).code)
    assert not clears_cookie(None)


def test_what_the_store_said_stays_with_us() -> None:
    assert b"canary" not in bytes(answer_problem(errors.StoreUnavailable("canary in the database's words")).body)


@pytest.mark.parametrize("tier", ["api", "web"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/auth", 404),
        ("GET", "/auth/", 404),
        ("GET", "/auth/nothing", 404),
        ("GET", "/api", 404),
        ("GET", "/api/nothing", 404),
        ("POST", "/auth/login/", 404),
        ("POST", "//auth/login", 404),
        ("POST", "/auth/nothing", 404),
        ("GET", "/auth/login", 405),
        ("PUT", "/auth/login", 405),
        ("DELETE", "/auth/refresh", 405),
        ("OPTIONS", "/auth/login", 405),
        ("OPTIONS", "/api/me", 405),
        ("PUT", "/api/me", 405),
        ("TRACE", "/api/me", 405),
        ("POST", "/api/me", 405),
        ("DELETE", "/api/me", 405),
        ("BREW", "/auth/login", 405),
    ],
)
async def test_what_is_not_there_is_refused_in_the_one_shape(
    house: House, tier: str, method: str, path: str, status: int
) -> None:
    async with house.client(getattr(house, tier), headers={"sec-fetch-site": "same-origin"}) as client:
        response = await client.request(method, path)
    assert response.status_code == status
    assert code(response) == {404: "not_found", 405: "method_not_allowed"}[status]
    if status == 405:
        assert method not in response.headers["allow"].split(", ")


async def boom(_: Request) -> Response:
    secret = "canary-in-the-message"
    raise RuntimeError(secret)


async def teapot(_: Request) -> Response:
    raise HTTPException(418, "canary in the detail")


async def plain(_: Request) -> Response:
    return PlainTextResponse("hello", headers={"cache-control": "public, max-age=600"})


ROUTES = [Route("/api/boom", boom), Route("/api/teapot", teapot), Route("/api/plain", plain)]


async def test_a_fault_of_ours_is_a_500_without_detail_and_a_log_line_without_the_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with housed(tmp_path, extra_routes=ROUTES) as house, house.client(house.api) as api:
        response = await api.get("/api/boom")
    assert (response.status_code, code(response)) == (500, "internal_error")
    assert "canary" not in response.text
    assert "unexpected RuntimeError" in caplog.text
    assert "in boom" in caplog.text
    assert "canary-in-the-message" not in "".join(line for line in caplog.text.splitlines() if "secret =" not in line)


async def test_an_apps_own_routes_have_the_shape_too_and_are_never_stored(tmp_path: Path) -> None:
    async with housed(tmp_path, extra_routes=ROUTES) as house, house.client(house.api) as api:
        teapot = await api.get("/api/teapot")
        assert teapot.status_code == 418
        assert "canary" not in teapot.text
        assert code(teapot) == "invalid_request"
        assert (await api.get("/api/plain")).headers.get_list("cache-control") == ["no-store"]


async def error_page(request: Request, error: Exception) -> Response:
    return PlainTextResponse("a page", getattr(error, "status_code", 500))


async def test_where_a_page_was_asked_for_a_page_is_shown(house: House) -> None:
    from latchstring.http import InProcess, build_web_tier

    web = build_web_tier(
        InProcess(house.api),
        settings=house.settings,
        key_ring=house.key_ring,
        entropy=lambda n: bytes(n),
        pages=[Route("/boom", boom)],
        page_errors={404: error_page, 405: error_page, 500: error_page},
    )
    async with house.client(web) as client:
        for path, status in (("/nothing", 404), ("/boom", 500)):
            response = await client.get(path)
            assert (response.status_code, response.text) == (status, "a page")
        assert code(await client.get("/api/nothing")) == "not_found"
        assert code(await client.get("/auth/nothing")) == "not_found"
        assert code(await client.get("/auth/login")) == "method_not_allowed"


async def test_every_bad_bearer_has_one_answer(house: House, api: httpx2.AsyncClient) -> None:
    first = (await register(api)).json()
    good = first["auth_token"]
    none = await api.get("/api/me")
    assert (none.status_code, code(none), none.headers["www-authenticate"]) == (401, "invalid_token", "Bearer")
    header, payload, signature = good.split(".")
    bad: list[list[tuple[str, str]]] = [
        [("authorization", value)]
        for value in (
            "",
            "Bearer",
            "Bearer ",
            good,
            f"Basic {good}",
            f"Bearer{good}",
            f"Bearer\t{good}",
            f"Bearer {good} ",
            f"Bearer {good} {good}",
            f"Bearer {good},Bearer {good}",
            f'Bearer "{good}"',
            f"Bearer {header}.{payload}.",
            f"Bearer {header}.{payload}.{signature[:-2]}",
            f"Bearer {payload}.{header}.{signature}",
            f"Bearer {first['refresh_token']}",
            f"Bearer {'a' * 100_000}",
            f"Bearer {good}=",
            "Bearer é",
        )
    ]
    bad.append([("authorization", f"Bearer {good}")] * 2)
    bad.append([("authorization", "Bearer x"), ("authorization", f"Bearer {good}")])
    for headers in bad:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        response = await api.get("/api/me", headers=raw)
        assert (response.status_code, response.content) == (401, none.content), headers
        assert response.headers == none.headers
    assert (await api.get(f"/api/me?access_token={good}")).content == none.content
    assert (await api.get("/api/me", headers={"authorization": f"bearer  {good}"})).status_code == 200
    house.clock.advance(seconds=1802)
    assert (await api.get("/api/me", headers=bearer(good))).content == none.content


@pytest.mark.parametrize("path", ["/api/a%0ab", "/auth/login%0a", "/api/me%0d%0aX", "/healthz%0a", "/a%00b"])
async def test_a_path_with_control_characters_is_nobodys_and_is_refused_in_the_one_shape(
    house: House, path: str
) -> None:
    for app in (house.web, house.api):
        async with house.client(app, headers=SAME_ORIGIN) as client:
            response = await client.post(path, json={})
            assert (response.status_code, code(response)) == (404, "not_found")
