"""Server processes under measure, each started as anybody starts it: `python -m …`, on a free port."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import pinned

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN = 120.0


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int


@contextmanager
def serving(
    folder: Path, *arguments: str, cores: Set[int], healthz: str = "/healthz", **environment: str
) -> Iterator[Server]:
    """`python -m <arguments>` with the database in `folder`, from when it is ready to when it is no longer needed."""
    port = _free_port()
    address = {"CHAT_PORT": str(port), "CHAT_BASE_URL": f"http://localhost:{port}"}
    settings = {**chat_environment(folder), **address, **environment}
    with (folder / f"{arguments[0]}.log").open("wb") as log, pinned(cores):
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=folder,
            env={**_inherited(), **settings},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, port, healthz, folder / f"{arguments[0]}.log")
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def chat_environment(folder: Path) -> Mapping[str, str]:
    """Throttling would measure itself: everybody who logs in here comes from one address."""
    return {
        "CHAT_DATABASE_URL": f"sqlite:///{folder / 'chat.db'}",
        "CHAT_SECRETS": str(folder / "chat.secrets"),
        "CHAT_THROTTLE": "off",
    }


def _inherited() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    return {**kept, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, healthz: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _is_ready(port, healthz):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The server did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)


def _is_ready(port: int, healthz: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", healthz)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
