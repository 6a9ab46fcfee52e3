"""Where a SQLite database lives, and how a connection to it is opened."""

import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from latchstring.errors import ConfigurationError, StoreUnavailable

_NOT_A_DATABASE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_NOT_OURS_TO_WRITE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_CACHED_STATEMENTS = 512


@dataclass(frozen=True, slots=True)
class SQLiteFile:
    """A database file, or one in memory (`path` is None)."""

    path: Path | None
    busy_seconds: float = 5.0

    @classmethod
    def from_url(cls, url: str, *, busy_seconds: float = 5.0) -> "SQLiteFile":
        """`sqlite:///relative/path`, `sqlite:////absolute/path` or `sqlite:///:memory:`. Raises ConfigurationError."""
        path = url.removeprefix("sqlite:///")
        if path in ("", url) or "?" in path or "\0" in path:
            raise ConfigurationError(
                "A SQLite database is given as sqlite:///file.db (four slashes: an absolute path)."
            )
        return cls(None if path == ":memory:" else Path(path), busy_seconds)

    def prepare(self) -> None:
        """Makes the file, for its owner's eyes only, and the folders that lead to it. Raises ConfigurationError."""
        if self.path is None:
            return
        try:
            _make_folder(self.path.absolute().parent)
            _make_file(self.path)
        except OSError as error:
            raise ConfigurationError(f"The database {self.path.name} cannot be made: {error.strerror}.") from error

    def open_writer(self) -> sqlite3.Connection:
        """The connection that writes: an acknowledged commit survives a power cut.

        Raises ConfigurationError where the operator has to act, else StoreUnavailable.
        """
        return self._open(
            "PRAGMA synchronous=FULL",
            "PRAGMA fullfsync=ON",
            "PRAGMA cache_size=-16384",
            "PRAGMA wal_autocheckpoint=4000",
            "PRAGMA journal_size_limit=67108864",
        )

    def open_reader(self) -> sqlite3.Connection:
        return self._open("PRAGMA query_only=ON", "PRAGMA cache_size=-8192")

    def _open(self, *pragmas: str) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = None
        try:
            connection = self._connect()
            self._use_write_ahead_log(connection)
            for pragma in ("PRAGMA foreign_keys=ON", "PRAGMA trusted_schema=OFF", *pragmas):
                connection.execute(pragma)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise self._explained(error) from error
        return connection

    def _connect(self) -> sqlite3.Connection:
        # mode=rw: SQLite must not make the file itself, with whatever mode the umask leaves.
        where = ":memory:" if self.path is None else f"file:{quote(str(self.path.absolute()))}?mode=rw"
        return sqlite3.connect(
            where,
            uri=True,
            timeout=self.busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_CACHED_STATEMENTS,
        )

    def _use_write_ahead_log(self, connection: sqlite3.Connection) -> None:
        """Two processes that start at once may find the file busy, and SQLite does not wait here by itself."""
        deadline = time.monotonic() + self.busy_seconds
        while True:
            try:
                [(mode,)] = connection.execute("PRAGMA journal_mode=WAL").fetchall()
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        if mode != "wal" and self.path is not None:
            connection.close()
            raise ConfigurationError(f"The database {self.path.name} is where SQLite cannot keep a write-ahead log.")

    def _explained(self, error: sqlite3.Error) -> Exception:
        name = self.path.name if self.path else ":memory:"
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _NOT_A_DATABASE:
            return ConfigurationError(f"{name} is no SQLite database, or is damaged. Restore it, or name another file.")
        if code in _NOT_OURS_TO_WRITE:
            return ConfigurationError(
                f"The database {name} cannot be written. Check the owners and modes of it and its folder."
            )
        return StoreUnavailable()


def _make_folder(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True, mode=0o700)
        each.chmod(0o700)
        _sync_folder(each.parent)


def _make_file(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    # A umask may have taken even the owner's bits. SQLite gives the -wal and -shm files the mode of this one.
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)
    _sync_folder(path.absolute().parent)


def _sync_folder(folder: Path) -> None:
    """A new name is durable only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
