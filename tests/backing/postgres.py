"""A PostgreSQL of the tests' own: made in a moment, durable where a test kills it, gone at the end."""

import itertools
import shutil
import signal
import subprocess
from pathlib import Path

from tests.backing.binaries import new_folder, postgres_programs, unprivileged
from tests.backing.process import free_port, start, wait_until

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_COMMON = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "64MB",
    "max_connections": "150",
    "logging_collector": "off",
    "log_min_messages": "fatal",
    "autovacuum_naptime": "30s",
    # Shared memory that a killed server leaves behind would stay for good.
    "shared_memory_type": "mmap",
    "dynamic_shared_memory_type": "mmap",
}
_STOPS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgresServer:
    def __init__(self, *, durable: bool = False, folder: Path | None = None, **settings: str) -> None:
        self.folder = folder or new_folder("postgres")
        self.port = free_port()
        self.data = self.folder / "data"
        self.log = self.folder / "log"
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
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        where = ["-D", str(self.data), "-p", str(self.port), "-k", str(self.folder)]
        # SIGQUIT, and not SIGKILL: a postmaster that is killed leaves its children at work.
        self._process = start([str(postgres_programs() / "postgres"), *where, *options], self.log, signal.SIGQUIT)
        wait_until(self._is_ready, self._process, self.log)
        return self

    def stop(self, mode: str = "fast") -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(_STOPS[mode])
            process.wait(30)

    def kill(self) -> None:
        """kill -9 of the postmaster; its children notice, and go."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(30)

    def restart(self, mode: str = "immediate") -> None:
        self.stop(mode)
        self.start()

    def close(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres", port: int | None = None) -> str:
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}"

    def create_database(self, name: str | None = None) -> str:
        """Its name."""
        name = name or f"test_{next(self._names)}"
        self.query(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
        return name

    def drop_database(self, name: str) -> None:
        self.query(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def configure(self, **settings: str) -> None:
        """Of the running server: an empty text takes a setting back."""
        for name, value in settings.items():
            self.query(f"ALTER SYSTEM SET {name} = '{value}'" if value else f"ALTER SYSTEM RESET {name}")
        self.query("SELECT pg_reload_conf()")

    def query(self, sql: str, database: str = "postgres") -> str:
        """What psql prints of the rows."""
        return self.program("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-XAtqc", sql, database)

    def program(self, name: str, *arguments: str) -> str:
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
        asked = [str(postgres_programs() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0
