"""`python -m chat`, as an operator runs it: where it listens, how it stops, and what it says when it cannot start."""

import json
import re
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx2
import pytest
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from websockets.asyncio.client import connect

from chat import websocket
from chat.__main__ import main
from chat.listening import listen
from chat.serve import FRAME_BYTES
from chat.settings import SETTINGS
from latchstring import ConfigurationError
from latchstring.live import Limits
from tests.chat.house import Device
from tests.chat.process import PASSWORD, command, registered, running
from tests.live.node import closing

pytestmark = pytest.mark.anyio

Refused = Callable[..., tuple[int, str]]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> Refused:
    """Runs the command here, where it is known to end at once: its exit code, and the last that it said."""
    # Whoever runs the tests keeps their own handlers, and may have variables of the chat.
    monkeypatch.setattr("chat.__main__.configure_logs", lambda *_: None)
    for setting in SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **environment: str) -> tuple[int, str]:
        for name, value in {"CHAT_PORT": "0", **environment}.items():
            monkeypatch.setenv(name, value)
        return main([*arguments]), caplog.messages[-1]

    return run


async def test_sigterm_closes_sockets_with_1012_and_ends_well_and_in_time_and_no_token_was_written(
    tmp_path: Path,
) -> None:
    async with running("serve", folder=tmp_path) as (process, url):
        token = await registered(f"{url}/backend")
        address = f"{url.replace('http', 'ws')}/backend/socket/websocket?token={token}&vsn=2.0.0"
        async with connect(address, proxy=None) as line:
            device = Device(line)
            assert (await device.join("system:general"))["status"] == "ok"
            assert line.protocol.extensions == []
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert (await closing(line))[0] == 1012
        said = await anyio.to_thread.run_sync(lambda: process.communicate()[0])
        assert process.returncode == 0
        assert time.monotonic() - begun < 10
        assert all(json.loads(line) for line in said.splitlines())
        assert token not in said
        assert PASSWORD not in said


async def test_the_api_tier_alone_says_its_own_address_and_has_its_socket_there(tmp_path: Path) -> None:
    environment = {"CHAT_BASE_URL": "https://chat.example.org", "CHAT_AUTH_TOKEN_SECONDS": "1"}
    async with running("serve-api", folder=tmp_path, **environment) as (process, url):
        token = await registered(url)
        async with httpx2.AsyncClient(trust_env=False) as client:
            bearer = {"authorization": f"Bearer {token}"}
            with anyio.fail_after(20):
                while (await client.get(f"{url}/api/me", headers=bearer)).status_code == 200:  # noqa: ASYNC110
                    await anyio.sleep(0.05)
            assert (await client.get(f"{url}/healthz")).status_code == 200
        handshake = connect(f"{url.replace('http', 'ws')}/socket/websocket?token={token}", proxy=None)
        with pytest.raises(Exception, match="403"):
            await handshake
        process.send_signal(signal.SIGINT)
        assert await anyio.to_thread.run_sync(process.wait) == 0


def test_a_port_that_is_taken_is_told_in_one_sentence_before_anything_is_made(refused: Refused, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = refused("serve", CHAT_PORT=port)
    assert code == 2
    assert said == f"CHAT_HOST 127.0.0.1, CHAT_PORT {port} cannot be listened on: Address already in use."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (["serve"], {"CHAT_AUTH_TOKEN_SECONDS": "soon"}, r"CHAT_AUTH_TOKEN_SECONDS is a whole number .*"),
        (["serve-web"], {}, r"Say where the API tier is: --api URL, or CHAT_API_URL\."),
        (["serve-web", "--api", "elsewhere"], {}, r"--api is an address such as .*"),
        (["serve-api"], {"CHAT_SECRETS": "/dev/null/keys"}, r"The secrets file keys cannot be made .*"),
    ],
)
def test_what_an_operator_has_to_change_is_one_sentence_and_code_2(
    refused: Refused, arguments: list[str], environment: dict[str, str], sentence: str
) -> None:
    code, said = refused(*arguments, **environment)
    assert code == 2
    assert re.fullmatch(sentence, said)


def test_a_variable_that_there_is_not_is_named_with_the_one_that_was_meant_and_without_its_value(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CHAT_DATABASE_ULR", "postgresql://canary")
    refused("serve", CHAT_AUTH_TOKEN_SECONDS="soon")
    said = "CHAT_DATABASE_ULR is no variable of the chat, and counts for nothing: CHAT_DATABASE_URL?"
    assert caplog.messages[0] == said
    assert "canary" not in caplog.text


async def test_a_database_that_cannot_be_opened_is_told_without_a_traceback(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"no database, by any means " * 1000)
    damaged.chmod(0o600)
    process = command("serve", folder=tmp_path, CHAT_DATABASE_URL="sqlite:///damaged.db")
    said, _ = await anyio.to_thread.run_sync(process.communicate)
    assert process.returncode == 2
    [line] = [json.loads(line) for line in said.splitlines()]
    assert line["event"].startswith("damaged.db is no SQLite database")
    assert "Traceback" not in said


def test_a_name_with_two_addresses_is_listened_on_at_one_port() -> None:
    bound = listen("localhost", 0)
    assert len({each.getsockname()[1] for each in bound}) == 1
    for each in bound:
        each.close()


@pytest.mark.parametrize("host", ["203.0.113.77", "nowhere.invalid"])
def test_a_host_that_is_not_this_machine_is_told_by_its_variable(host: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^CHAT_HOST {re.escape(host)}"):
        listen(host, 0)


def test_what_is_bounded_in_uvicorn_is_there_to_be_bounded() -> None:
    websocket.check_server()
    own = {name for name, value in vars(websocket.BoundedWebSocket).items() if callable(value)}
    assert {name for name in own if not name.startswith("_")} == set(websocket.OVERRIDDEN)


@pytest.mark.parametrize("name", websocket.OVERRIDDEN)
def test_a_uvicorn_without_what_is_overridden_is_not_started(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delattr(WSProtocol, name)
    with pytest.raises(ConfigurationError, match=name):
        websocket.check_server()


def test_a_uvicorn_that_sets_other_attributes_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "SET", (*websocket.SET, "elsewhere"))
    with pytest.raises(ConfigurationError, match="elsewhere"):
        websocket.check_server()


def test_the_server_and_the_guard_have_one_bound_for_frames() -> None:
    assert FRAME_BYTES == Limits().frame_bytes == 256 * 1024
