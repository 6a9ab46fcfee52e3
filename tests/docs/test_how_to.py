"""The how-to pages, done as they say."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from latchstring.key_file import load_or_create_key_ring
from tests.docs.pages import run_block, run_page
from tests.docs.serving import PASSWORD, bearer, served

pytestmark = pytest.mark.anyio


async def test_a_user_table_of_ones_own_takes_part_in_everything_but_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with served(run_page("docs/how-to/use-your-own-users.md")["app"]) as node:
        assert (await node.client.post("/login", params={"name": "ada", "password": "wrong"})).status_code == 401
        pair = (await node.client.post("/login", params={"name": "ada", "password": PASSWORD})).json()
        assert (await node.client.get("/notes", headers=bearer(pair))).json() == {"owner": "ada"}
        refreshed = await node.client.post("/backend/auth/refresh", json={"token": pair["refresh_token"]})
        assert (refreshed.status_code, refreshed.json()["user"]) == (200, {"id": "ada"})
        listed = (await node.client.get("/backend/api/sessions", headers=bearer(refreshed.json()))).json()
        assert len(listed["sessions"]) == 1
        assert (await node.client.post("/backend/auth/login", json={})).status_code == 404
        assert (await node.client.post("/auth/login", json={})).status_code == 404


async def test_a_client_of_ones_own_has_its_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    a_day = run_page("docs/how-to/write-a-client.md")["a_day"]
    async with served(run_block("README.md", 0)["app"]) as node:
        await node.register()
        devices = await a_day(f"http://127.0.0.1:{node.port}/backend", "ada@example.org", PASSWORD)
        assert len(devices) == 2


def test_keys_are_changed_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    secrets = tmp_path / "data" / "chat.secrets"
    load_or_create_key_ring(secrets)
    names = run_page("docs/how-to/change-keys.md")
    assert (names["new_id"], names["next_id"]) == (2, 3)
    assert [key["id"] for key in json.loads(secrets.read_text())["keys"]] == [3, 2]


def test_a_database_in_use_is_backed_up_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    with closing(sqlite3.connect("data/chat.db", isolation_level=None)) as in_use:
        in_use.execute("PRAGMA journal_mode=WAL")
        in_use.execute("CREATE TABLE told (word TEXT)")
        in_use.execute("INSERT INTO told VALUES ('acknowledged')")
        in_use.execute("BEGIN IMMEDIATE")
        run_page("docs/how-to/run-several-nodes.md")
    with closing(sqlite3.connect("chat-backup.db")) as copy:
        assert copy.execute("SELECT word FROM told").fetchall() == [("acknowledged",)]
    assert stat.S_IMODE((tmp_path / "chat-backup.db").stat().st_mode) == 0o600
