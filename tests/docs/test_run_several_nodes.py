"""`docs/how-to/run-several-nodes.md`: its times are the code's, and what it says of a restored backup is so."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from chat.bus.pulse import TICK_SECONDS, UNHEARD_BEATS
from chat.nodes.line import STOP_SECONDS
from chat.serve import DRAIN_SECONDS
from latchstring import Latchstring, SessionEnded, Settings, Statement, Visitor
from latchstring.stores.postgres_line import ANSWER_SECONDS
from latchstring.stores.postgres_pool import WAIT_SECONDS
from tests.docs.pages import ROOT, run_page

pytestmark = pytest.mark.anyio

PAGE = "docs/how-to/run-several-nodes.md"
BROWSER = ROOT / "src" / "latchstring" / "browser"
VISITOR = Visitor("192.0.2.1", "Firefox")


def from_sample(sample: str, pattern: str) -> float:
    return max(float(found) for found in re.findall(pattern, (ROOT / "deploy" / sample).read_text(), re.MULTILINE))


def from_browser(module: str, name: str) -> float:
    [seconds] = re.findall(rf"^const {name} = (\d+)_000;", (BROWSER / module).read_text(), re.MULTILINE)
    return float(seconds)


def test_the_times_are_those_of_the_code() -> None:
    server = uvicorn.Config("", lifespan="off")
    settings = Settings()
    [keep_alive] = re.findall(r"timeout_keep_alive=(\d+)", (ROOT / "chat" / "serve.py").read_text())
    nginx = "nginx/chat.conf"
    assert times() == {
        "the proxy tries one node": from_sample(nginx, r"proxy_connect_timeout (\d+)s"),
        "a browser waits for a refresh": from_browser("refresher.js", "TIMEOUT"),
        "rotation window W": settings.rotation_window_seconds,
        "a node waits for a connection to the database": WAIT_SECONDS,
        "a node waits for the database's answer": ANSWER_SECONDS,
        "the proxy waits for an answer": from_sample(nginx, r"^    proxy_read_timeout (\d+)s"),
        "a node pings its sockets": server.ws_ping_interval,
        "our pages send a heartbeat": from_browser("connection.js", "HEARTBEAT_EVERY"),
        "the proxy lets a socket be silent": from_sample(nginx, r"^        proxy_read_timeout (\d+)s"),
        "a node keeps an idle HTTP connection": float(keep_alive),
        "the revocation feed is read": settings.feed_poll_seconds,
        "without the feed a node refuses to judge": settings.feed_silence_seconds,
        "a node that hears nothing from Valkey gives it up": UNHEARD_BEATS * TICK_SECONDS,
        "requests under way may finish in a drain": DRAIN_SECONDS,
        "nodes that do not end are killed": STOP_SECONDS,
        "systemd kills all that is left": from_sample("systemd/chat.service", r"^TimeoutStopSec=(\d+)"),
    }


def times() -> dict[str, float]:
    text = (ROOT / PAGE).read_text()
    return {what: float(seconds) for what, seconds in re.findall(r"^\| ([^|]+) \| (\d+) \| ", text, re.MULTILINE)}


@asynccontextmanager
async def a_node() -> AsyncIterator[Latchstring]:
    auth = Latchstring("sqlite:///data/chat.db")
    async with auth.lifespan():
        yield auth


async def test_a_restored_backup_punishes_nobody_and_brings_back_who_was_signed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with a_node() as auth:
        refreshes, rests, leaves = [await auth.sessions.start(name, remembered=True, visitor=VISITOR) for name in "abc"]
        run_page(PAGE)
        refreshed = await auth.sessions.refresh(refreshes.refresh_token, VISITOR)
        newest = await auth.sessions.refresh(refreshed.refresh_token, VISITOR)
        await auth.sessions.end(leaves.refresh_token)
        late = await auth.sessions.start("d", remembered=True, visitor=VISITOR)

    restore(tmp_path)
    async with a_node() as auth:
        for pair in (newest, late):
            with pytest.raises(SessionEnded) as refusal:
                await auth.sessions.refresh(pair.refresh_token, VISITOR)
            assert refusal.value.reason == "unknown"
        [row] = await auth.engine.read(Statement("SELECT COUNT(*) FROM latchstring_sessions WHERE revoked_at IS NULL"))
        assert row == (3,)
        for pair in (rests, leaves):
            await auth.sessions.refresh(pair.refresh_token, VISITOR)


async def test_every_session_of_a_restored_backup_can_be_ended_before_the_nodes_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with a_node() as auth:
        pair = await auth.sessions.start("a", remembered=True, visitor=VISITOR)
        run_page(PAGE)
    restore(tmp_path)
    async with a_node() as auth:
        [end_all] = re.findall(r"```sql\n(.*?)```", (ROOT / PAGE).read_text(), re.DOTALL)
        await auth.engine.write(Statement(end_all.strip().rstrip(";")))
    async with a_node() as auth:
        with pytest.raises(SessionEnded):
            await auth.sessions.refresh(pair.refresh_token, VISITOR)
        endings = await auth.engine.read(Statement("SELECT reason FROM latchstring_endings"))
        assert endings == [("signed_out_elsewhere",)]


def restore(folder: Path) -> None:
    for each in (folder / "data").glob("chat.db*"):
        each.unlink()
    shutil.copy(folder / "chat-backup.db", folder / "data" / "chat.db")
