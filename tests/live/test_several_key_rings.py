"""Keys are changed on node after node, in any order: whoever meets one that lags behind is signed out by none of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from latchstring import ConfigurationError, Latchstring, NewerKey, Visitor, forget_keys
from latchstring.hashing import QUICK_FOR_TESTS
from latchstring.key_file import announce_key, promote_key, retire_key, rotate_key_file

pytestmark = pytest.mark.anyio

OURS = "http://localhost:8000"
ADA = {"email": "ada@example.org", "password": "the string of door one is out"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/a.db" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def copied(secrets: Path, name: str) -> Path:
    """The file as it is now, on another machine."""
    there = secrets.with_name(name)
    there.write_bytes(secrets.read_bytes())
    there.chmod(0o600)
    return there


@asynccontextmanager
async def node(database: str, secrets: Path, jar: CookieJar | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser at that node, of which the jar is the same at all of them."""
    auth = Latchstring(database, secrets=secrets, hashing=QUICK_FOR_TESTS)
    app = Starlette()
    auth.install(app)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, client=("192.0.2.1", 40_000))
        headers = {"sec-fetch-site": "same-origin", "origin": OURS}
        async with httpx2.AsyncClient(transport=transport, base_url=OURS, headers=headers) as client:
            if jar is not None:
                client.cookies = jar
            yield client


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_a_node_without_the_newest_key_says_that_it_cannot_know_and_clears_nothing(
    database: str, tmp_path: Path
) -> None:
    secrets = tmp_path / "new.secrets"
    async with node(database, secrets):
        pass
    behind = copied(secrets, "old.secrets")
    rotate_key_file(secrets)
    async with node(database, behind) as old, node(database, secrets, old.cookies.jar) as new:
        said = await new.post("/auth/register", json={**ADA, "rememberMe": True})
        assert said.status_code == 201, said.text
        [cookie] = [each.value for each in new.cookies.jar]
        token = bearer(said.json()["auth_token"])
        for answer in (
            await old.post("/auth/refresh"),
            await old.post("/auth/silent"),
            await old.post("/auth/signout"),
            await old.get("/api/me", headers=token),
            await old.post("/backend/api/signout", headers=token),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
            assert "set-cookie" not in answer.headers
            assert answer.headers["retry-after"] == "1"
        assert [each.value for each in old.cookies.jar] == [cookie]
        assert (await new.post("/auth/refresh")).status_code == 200
        # Whoever signs in there is signed in there, and everywhere.
        assert (await old.post("/auth/login", json=ADA)).status_code == 200
        assert (await new.post("/auth/refresh")).status_code == 200


async def test_a_refresh_token_by_a_newer_key_is_not_ended(database: str, tmp_path: Path) -> None:
    secrets = tmp_path / "new.secrets"
    async with Latchstring(database, secrets=secrets).lifespan():
        pass
    behind = copied(secrets, "old.secrets")
    rotate_key_file(secrets)
    old, new = Latchstring(database, secrets=behind), Latchstring(database, secrets=secrets)
    async with old.lifespan(), new.lifespan():
        visitor = Visitor("192.0.2.1", "Firefox")
        pair = await new.sessions.start("ada", remembered=True, visitor=visitor)
        for unknowable in (
            old.sessions.refresh(pair.refresh_token, visitor),
            old.sessions.end_presented(pair.refresh_token),
            old.sessions.authenticate(pair.auth_token),
        ):
            with pytest.raises(NewerKey):
                await unknowable
        assert (await new.sessions.authenticate(pair.auth_token)).subject == "ada"
        assert await new.sessions.refresh(pair.refresh_token, visitor)


@pytest.mark.parametrize("first", [0, 1])
async def test_in_two_steps_nobody_notices_whichever_node_is_first(database: str, tmp_path: Path, first: int) -> None:
    """Announce, and start each again; promote, and start each again; after two weeks retire, and start each again."""
    secrets = tmp_path / "new.secrets"
    async with node(database, secrets) as client:
        assert (await client.post("/auth/register", json={**ADA, "rememberMe": True})).status_code == 201
        jar = client.cookies.jar
    for change in (announce_key, lambda path: promote_key(path, 2), lambda path: retire_key(path, 1)):
        behind = copied(secrets, "old.secrets")
        change(secrets)
        files = [behind, secrets]
        async with node(database, files[first], jar) as one, node(database, files[1 - first], jar) as other:
            for client in (one, other, one, other):
                assert (await client.post("/auth/refresh")).status_code == 200
        async with node(database, secrets, jar) as client:
            assert (await client.post("/auth/silent")).status_code == 200


async def test_a_node_with_another_ring_does_not_start(database: str, tmp_path: Path) -> None:
    async with node(database, tmp_path / "ours.secrets"):
        pass
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="none of the keys"):
            async with node(database, tmp_path / "new.machine"):
                pass
    async with node(database, tmp_path / "ours.secrets"):
        pass


async def test_a_leaked_key_is_replaced_at_once_and_the_old_file_starts_no_more(database: str, tmp_path: Path) -> None:
    secrets = tmp_path / "ours.secrets"
    async with node(database, secrets) as client:
        await client.post("/auth/register", json={**ADA, "rememberMe": True})
        jar = client.cookies.jar
    leaked = copied(secrets, "leaked.secrets")
    rotate_key_file(secrets)
    retire_key(secrets, 1)
    async with node(database, secrets, jar) as client:
        said = await client.post("/auth/refresh")
        assert (said.status_code, said.json()["error"]["reason"]) == (401, "unknown")
    with pytest.raises(ConfigurationError, match="retired by the other nodes"):
        async with node(database, leaked):
            pass


async def test_where_the_ring_is_lost_everybody_signs_in_again_once(database: str, tmp_path: Path) -> None:
    async with node(database, tmp_path / "lost.secrets") as client:
        await client.post("/auth/register", json={**ADA, "rememberMe": True})
        jar = client.cookies.jar
    assert await forget_keys(database) == 1
    async with node(database, tmp_path / "new.secrets", jar) as client:
        assert (await client.post("/auth/refresh")).status_code == 401
        assert (await client.post("/auth/login", json=ADA)).status_code == 200
