"""The servers under measure: what each is started with, and the process while it runs."""

import http.client
import importlib.metadata
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.machine import pinned
from bench.peers.postgres import PostgreSQL

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".peers"
SECRET = "one secret for all the peers of this bench"
PASSWORD = "seven calm herons by the weir"
READY_WITHIN = 60.0
_PACKAGES = {
    "fastapi-users": ("fastapi", "fastapi-users", "sqlalchemy", "uvicorn"),
    "django": ("django", "djangorestframework", "djangorestframework-simplejwt", "django-allauth", "gunicorn"),
}
THREADS = 8
"""Of gunicorn: 4, 8 and 16 were equally fast where this was written."""


@dataclass(frozen=True, slots=True)
class Stack:
    """How a server is started and seeded. `{port}` in a command is its port; both run in `cwd`."""

    name: str
    said: str
    command: Sequence[str]
    seed: Sequence[str]
    scheme: str = "postgresql"
    cwd: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)
    lives: str = "/me"
    """A path that answers, whatever it answers, once the server can."""


@dataclass(frozen=True, slots=True)
class Server:
    stack: Stack
    port: int
    pid: int
    folder: Path
    """Where its seed wrote the tokens."""


def stacks() -> list[Stack]:
    """Those that setup/peers.sh could install here, ours first. Raises RuntimeError where it has not run."""
    if not (PEERS / "django").is_dir() or not (PEERS / "fastapi-users").is_dir():
        raise RuntimeError("The peers are not there yet: setup/peers.sh installs them into .peers.")
    return [_ours(), _fastapi_users(), _django("simplejwt"), _django("allauth"), *_better_auth()]


def _ours() -> Stack:
    app = "bench.peers.apps.ours"
    return Stack("ours", "Latchstring", _uvicorn(sys.executable, app), [sys.executable, "-m", app])


def _fastapi_users() -> Stack:
    app, python = "bench.peers.apps.fastapi_users_app", str(PEERS / "fastapi-users" / "bin" / "python")
    return Stack(
        "fastapi-users", "fastapi-users", _uvicorn(python, app), [python, "-m", app], scheme="postgresql+asyncpg"
    )


def _uvicorn(python: str, app: str) -> list[str]:
    quiet = ["--no-access-log", "--log-level", "warning"]
    where = ["--host", "127.0.0.1", "--port", "{port}"]
    return [python, "-m", "uvicorn", f"{app}:app", "--loop", "uvloop", "--http", "httptools", *where, *quiet]


def _django(site: str) -> Stack:
    package, python = "bench.peers.apps.django_site", str(PEERS / "django" / "bin" / "python")
    # One process, as all the others; its threads take turns, and let each other wait for the database.
    worker = ["--workers", "1", "--worker-class", "gthread", "--threads", str(THREADS), "--keep-alive", "75"]
    return Stack(
        site,
        {"simplejwt": "Django, simplejwt", "allauth": "Django, allauth headless"}[site],
        [python, "-m", "gunicorn", f"{package}.wsgi", *worker, "--bind", "127.0.0.1:{port}", "--log-level", "warning"],
        [python, "-m", f"{package}.seed"],
        environment={"DJANGO_SETTINGS_MODULE": f"{package}.settings_{site}"},
    )


def _better_auth() -> list[Stack]:
    """None where there was no Node that it runs on."""
    here = PEERS / "better-auth"
    if not (here / "node_modules" / "better-auth").is_dir() or shutil.which("node") is None:
        return []
    # Node looks for packages beside the file.
    shutil.copy(Path(__file__).parent / "apps" / "better_auth.mjs", here)
    command = ["node", "better_auth.mjs"]
    production = {"NODE_ENV": "production"}
    return [
        Stack("better-auth", "better-auth", command, command, cwd=here, environment=production, lives="/database/ok")
    ]


def seeded(stack: Stack, postgresql: PostgreSQL, folder: Path, people: int, sessions: int) -> Path:
    """A database of its own with so many people and sessions; the folder with their tokens."""
    made = folder / stack.name
    made.mkdir()
    postgresql.sql("postgres", f'CREATE DATABASE "{stack.name}"')
    arguments = ["seed", str(made), PASSWORD, str(people), str(sessions)]
    done = subprocess.run(
        [*stack.seed, *arguments],
        cwd=stack.cwd,
        env=_environment(stack, postgresql),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{stack.name} could not be seeded:\n{done.stdout}{done.stderr}")
    postgresql.sql(stack.name, "VACUUM ANALYZE")
    return made


def installed_versions() -> list[str]:
    """Of what the peers are."""
    found = []
    for name, packages in _PACKAGES.items():
        places = [str(path) for path in (PEERS / name).glob("lib/python*/site-packages")]
        there = {
            each.name.lower().replace("_", "-"): each.version for each in importlib.metadata.distributions(path=places)
        }
        found += [f"{package} {there.get(package, 'not there')}" for package in packages]
    pinned_by_npm = json.loads((Path(__file__).parent / "better_auth" / "package.json").read_text())["dependencies"]
    return [*found, *(f"{name} {version}" for name, version in pinned_by_npm.items())]


@contextmanager
def serving(stack: Stack, postgresql: PostgreSQL, folder: Path, cores: Set[int]) -> Iterator[Server]:
    """From when it answers to when it is no longer needed."""
    port, log = _free_port(), folder / "server.log"
    with log.open("wb") as out, pinned(cores):
        process = subprocess.Popen(
            [part.replace("{port}", str(port)) for part in stack.command],
            cwd=stack.cwd,
            env={**_environment(stack, postgresql), "PEER_PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, port, stack.lives, log)
        yield Server(stack, port, process.pid, folder)
    finally:
        process.terminate()
        process.wait()


def _environment(stack: Stack, postgresql: PostgreSQL) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHAT_", "PEER_", "PYTHON"))}
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT))) if stack.name == "ours" else str(ROOT)
    address = {"PEER_DATABASE": postgresql.url(stack.name, stack.scheme), "PEER_SECRET": SECRET}
    return {**kept, "PYTHONPATH": path, **address, **stack.environment}


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(port, path):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The server did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
