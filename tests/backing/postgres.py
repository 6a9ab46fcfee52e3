"""A PostgreSQL of the tests' own: made in a moment, durable where a test kills it, gone at the end."""

import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.backing.binaries import new_folder, postgres_programs, unprivileged
from tests.backing.process import HeldPort, children_of, is_alive, start, state_of, wait_until
from tests.backing.shared_memory import forget_segment

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_COMMON = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "64MB",
    "max_connections": "150",
    "logging_collector": "off",
    "log_min_messages": "fatal",
    "autovacuum_naptime": "30s",
    # In the cluster's folder, and so gone with it. In /dev/shm, a killed server's would stay for good.
    "shared_memory_type": "mmap",
    "dynamic_shared_memory_type": "mmap",
}
_STOPS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgresServer:
    """Trusts everybody on this machine; its superuser is `postgres`. `settings` are those of postgresql.conf."""

    def __init__(self, *, durable: bool = False, folder: Path | None = None, **settings: str) -> None:
        self.folder = folder or new_folder("postgres")
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self._port = HeldPort()
        self.port = self._port.number
        self._settings = {**_COMMON, **({} if durable else _FAST), **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count(1)

    def make(self) -> "PostgresServer":
        """Makes the cluster, and starts it."""
        self.program(
            "initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        )
        return self.start()

    def start(self) -> "PostgresServer":
        assert self._process is None or self._process.poll() is not None, "it is running"
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        # What comes last counts.
        where = ["-D", str(self.data), "-p", str(self.port), "-k", str(self.folder)]
        # SIGQUIT, and not SIGKILL: a postmaster that is killed leaves its shared memory behind.
        self._process = start([str(postgres_programs() / "postgres"), *options, *where], self.log, signal.SIGQUIT)
        wait_until(self._is_ready, self._process, self.log)
        return self

    def stop(self, mode: str = "fast") -> None:
        """`smart` waits for its clients, `fast` throws them out, `immediate` is as if the power went."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(_STOPS[mode])
            process.wait(30)

    def kill(self) -> None:
        """kill -9 of the postmaster and all its children: when it returns, none of them does anything any more."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        # Stopped first: it would take the death of a child for a crash, and start others.
        process.send_signal(signal.SIGSTOP)
        _wait_for(lambda: state_of(process.pid) == "T")
        children = children_of(process.pid)
        for child in children:
            os.kill(child, signal.SIGKILL)
        process.kill()
        process.wait(30)
        _wait_for(lambda: not any(map(is_alive, children)))

    def restart(self, mode: str = "immediate") -> None:
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """Stops it, and leaves nothing of it behind."""
        self.stop("immediate")
        forget_segment(self.data)
        self._port.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres", port: int | None = None) -> str:
        """At another port: through somebody who passes it on (wire.py)."""
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}"

    def create_database(self, name: str | None = None, template: str = "template1") -> str:
        """Its name."""
        name = name or f"test_{next(self._names)}"
        self.query(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def drop_database(self, name: str) -> None:
        self.query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def configure(self, **settings: str) -> None:
        """Of the running server, once it has heard of it: an empty text takes a setting back."""
        for name, value in settings.items():
            quoted = value.replace("'", "''")
            self.query(f"ALTER SYSTEM SET {name} = '{quoted}'" if value else f"ALTER SYSTEM RESET {name}")
        self.query("SELECT pg_reload_conf()")

    def query(self, sql: str, database: str = "postgres") -> str:
        """What psql prints of the rows."""
        return self.program(
            "psql", "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-XAtqc", sql, database
        )

    def program(self, name: str, *arguments: str) -> str:
        """Runs one of PostgreSQL's programs. Raises AssertionError with what it wrote, where it fails."""
        done = subprocess.run(
            [str(postgres_programs() / name), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **unprivileged(),
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"
        return str(done.stdout).strip()

    def _is_ready(self) -> bool:
        # By its socket: at its port somebody else may answer.
        asked = [str(postgres_programs() / "pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0


def _wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the system has not done what it was told"
        time.sleep(0.002)
