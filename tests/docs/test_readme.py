"""The README's examples, as a stranger runs them: a file, a server, a browser's calls, and a socket."""

import stat
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.docs.pages import run_block
from tests.docs.serving import bearer, closing, served

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("number", [pytest.param(0, id="fastapi"), pytest.param(1, id="starlette")])
async def test_an_example_of_the_readme_signs_in_and_its_socket_ends_with_the_session(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with served(run_block("README.md", number)["app"]) as node:
        signed_in = await node.register()
        subject = signed_in["user"]["id"]
        assert (await node.client.get("/notes")).json()["error"]["code"] == "invalid_token"
        assert (await node.client.get("/notes", headers=bearer(signed_in))).json() == {"owner": subject}
        with pytest.raises(InvalidStatus) as refused:
            await node.dial("/live")
        assert refused.value.response.status_code == 403
        async with node.dial("/live", signed_in["auth_token"]) as socket:
            await socket.send("hello")
            assert await socket.recv() == f"{subject}: hello"
            assert (await node.client.post("/auth/signout")).status_code == 204
            assert await closing(socket) == (4401, "signed_out")
        assert (await node.client.get("/notes", headers=bearer(signed_in))).status_code == 401


@pytest.mark.parametrize("number", [0, 1])
async def test_what_the_readme_says_is_there_is_there(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with served(run_block("README.md", number)["app"]) as node:
        await node.register()
        again = (await node.client.post("/auth/refresh")).json()
        devices = await node.client.get("/api/sessions", headers={"Authorization": f"Bearer {again['token']}"})
        assert [each["current"] for each in devices.json()["sessions"]] == [True]
        assert (await node.client.get("/latchstring/session.js")).headers["content-type"].startswith("text/javascript")
        assert "/auth/refresh" in (await node.client.get("/backend/openapi.json")).json()["paths"]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "app.db", tmp_path / "app.secrets")}
    assert modes == {"app.db": 0o600, "app.secrets": 0o600}
