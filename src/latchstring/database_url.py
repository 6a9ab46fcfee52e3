"""What a database address opens: the engine, and the files that lie beside the database."""

from pathlib import Path

from latchstring.core.keys import Key, KeyRing
from latchstring.errors import ConfigurationError
from latchstring.key_file import load_or_create_key_ring
from latchstring.ports import Engine, Entropy
from latchstring.stores.sqlite import SQLiteEngine


def open_engine(database_url: str) -> Engine:
    """Raises ConfigurationError."""
    if database_url.startswith("sqlite:"):
        return SQLiteEngine(database_url)
    raise ConfigurationError("The database address starts with sqlite:/// (PostgreSQL is not there yet).")


def open_key_ring(database_url: str, secrets: Path | None, entropy: Entropy) -> KeyRing:
    """Of a file beside the database, unless `secrets` is another. Raises ConfigurationError."""
    if secrets is None and _path(database_url) is None:
        # A database in memory forgets its sessions at the end, and so may their keys.
        return KeyRing([Key(1, entropy(32))])
    return load_or_create_key_ring(secrets or beside(database_url, "secrets"), entropy)


def beside(database_url: str, what: str) -> Path:
    """A file or folder named as the database is."""
    path = _path(database_url)
    return Path(what) if path is None else path.with_suffix(f".{what}")


def _path(database_url: str) -> Path | None:
    name = database_url.removeprefix("sqlite:///")
    return None if name == ":memory:" else Path(name)
