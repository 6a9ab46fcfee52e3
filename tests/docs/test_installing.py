"""What `install` promises to an app that has routes of its own."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from latchstring import ConfigurationError, Latchstring


async def page(_: Request) -> PlainTextResponse:
    return PlainTextResponse("the app's own")


@pytest.mark.parametrize("kind", [Starlette, FastAPI])
@pytest.mark.parametrize("path", ["/", "/{path:path}"])
def test_what_takes_every_path_hides_no_sign_in(kind: type[Starlette], path: str, tmp_path: Path) -> None:
    auth = Latchstring(f"sqlite:///{tmp_path}/app.db")
    takes_all = Mount(path, StaticFiles(directory=tmp_path)) if path == "/" else Route(path, page)
    app = kind(routes=[takes_all])
    auth.install(app)
    with TestClient(app, base_url="http://localhost:8000") as client:
        refused = client.post("/auth/refresh", headers={"Origin": "http://localhost:8000"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "session_ended")
        assert client.get("/api/me").json()["error"]["code"] == "invalid_token"
        assert client.get("/latchstring/session.js").status_code == 200


def test_a_route_of_the_app_wins_over_ours_though_it_was_added_after(tmp_path: Path) -> None:
    auth = Latchstring(f"sqlite:///{tmp_path}/app.db")
    app = Starlette()
    auth.install(app)
    app.router.routes.append(Route("/api/me", page))
    with TestClient(app) as client:
        assert client.get("/api/me").text == "the app's own"


def test_a_second_start_is_refused_with_a_sentence(tmp_path: Path) -> None:
    auth = Latchstring(f"sqlite:///{tmp_path}/app.db")
    app = Starlette()
    auth.install(app)
    with TestClient(app):
        pass
    with pytest.raises(ConfigurationError, match="Make a new one"), TestClient(app):
        pass
