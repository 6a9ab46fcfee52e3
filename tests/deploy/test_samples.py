"""The samples in `deploy`: what they say is taken by whom they are for."""

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from chat.settings import SETTINGS, read_settings
from latchstring import Settings
from latchstring.stores.postgres_line import ANSWER_SECONDS
from latchstring.stores.postgres_pool import WAIT_SECONDS
from tests.backing.binaries import new_folder, valkey_program
from tests.backing.postgres import PostgresServer
from tests.backing.process import answers, free_port, start, wait_until
from tests.deploy.proxy import ROOT

DEPLOY = ROOT / "deploy"
NGINX = DEPLOY / "nginx" / "chat.conf"
BROWSER = ROOT / "src" / "latchstring" / "browser"


def settings_of(sample: str) -> dict[str, str]:
    """`name = value` or `NAME=value` lines, without quotation marks."""
    lines = re.findall(r"^(\w+) *= *(.*)$", (DEPLOY / sample).read_text(), re.MULTILINE)
    return {name: value.strip("'") for name, value in lines}


def test_the_environment_of_the_unit_is_read() -> None:
    environment = settings_of("systemd/chat.env")
    assert environment.keys() <= {setting.name for setting in SETTINGS}
    settings = read_settings(environment)
    assert settings.library.secure
    assert settings.redis_url is not None
    assert settings.database_url.startswith("postgresql://")


def test_the_unit_starts_what_there_is_and_waits_for_its_end() -> None:
    unit = (DEPLOY / "systemd" / "chat.service").read_text()
    assert re.search(r"^ExecStart=/opt/latchstring/\.venv/bin/python -m chat serve --nodes \d$", unit, re.MULTILINE)
    for named in re.findall(r"/opt/latchstring/(docs/\S+)", unit):
        assert (ROOT / named).is_file()
    [patience] = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(patience) > 10


def test_the_unit_waits_for_the_network_and_for_the_clock_to_be_set() -> None:
    unit = (DEPLOY / "systemd" / "chat.service").read_text()
    for directive in ("Wants", "After"):
        [waits_for] = re.findall(rf"^{directive}=(.+)$", unit, re.MULTILINE)
        assert {"network-online.target", "time-sync.target"} <= set(waits_for.split())


@pytest.fixture
def folder() -> Iterator[Path]:
    made = new_folder("sample")
    yield made
    shutil.rmtree(made)


def test_postgresql_takes_the_sample(folder: Path) -> None:
    # No machine that runs tests has its memory to spare, its address, or a certificate; nor has this build lz4.
    elsewhere = {"shared_buffers": "16MB", "listen_addresses": "127.0.0.1", "ssl": "off", "wal_compression": "off"}
    server = PostgresServer(durable=True, folder=folder, **{**settings_of("postgresql/chat.conf"), **elsewhere}).make()
    try:
        assert server.query("SHOW synchronous_commit") == "on"
        assert server.query("SHOW log_parameter_max_length") == "0"
    finally:
        server.close()
        folder.mkdir()


def test_valkey_takes_the_sample(folder: Path) -> None:
    text = (DEPLOY / "valkey" / "chat.conf").read_text()
    port = free_port()
    (folder / "chat.conf").write_text(re.sub(r"^bind .*$", "bind 127.0.0.1", text, flags=re.MULTILINE))
    (folder / "chat.conf").chmod(0o644)
    arguments = [str(valkey_program()), str(folder / "chat.conf"), "--port", str(port), "--dir", str(folder)]
    process = start(arguments, folder / "log", signal.SIGKILL)
    try:
        wait_until(lambda: answers(port), process, folder / "log")
    finally:
        process.kill()
        process.wait()


def test_the_proxy_waits_longer_than_anybody_is_silent_and_lets_go_before_a_refresh_is_late() -> None:
    """docs/how-to/run-several-nodes.md lists them all."""
    answers_within, silence = seconds("proxy_read_timeout")
    assert answers_within > WAIT_SECONDS + ANSWER_SECONDS
    [heartbeat] = re.findall(r"HEARTBEAT_EVERY = (\d+)_000", (BROWSER / "connection.js").read_text())
    ping = uvicorn.Config("", lifespan="off").ws_ping_interval
    assert ping is not None
    assert silence > 2 * max(int(heartbeat), ping)
    # As with the way between the tiers: two tries of a browser, and this on top, fit into the window.
    [until_the_next] = seconds("proxy_next_upstream_timeout")
    [to_connect] = seconds("proxy_connect_timeout")
    [patience] = re.findall(r"TIMEOUT = (\d+)_000", (BROWSER / "refresher.js").read_text())
    assert to_connect < until_the_next
    assert 2 * int(patience) + until_the_next <= Settings().rotation_window_seconds


def seconds(name: str) -> list[int]:
    """In the order of the sample for nginx."""
    return [int(found) for found in re.findall(rf"^ *{name} (\d+)s;$", NGINX.read_text(), re.MULTILINE)]
