"""What a database address opens: the engine, the time that goes by there, and who tells other nodes of endings."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latchstring.core.keys import Key, KeyRing
from latchstring.database_clock import DatabaseClock
from latchstring.errors import ConfigurationError
from latchstring.key_file import load_or_create_key_ring
from latchstring.ports import Clock, Engine, Entropy
from latchstring.stores.sessions import SQLSessionStore
from latchstring.stores.sqlite import SQLiteEngine

_POSTGRESQL = ("postgresql:", "postgres:")

Loop = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Database:
    """`loops` run as long as the node does."""

    engine: Engine
    store: SQLSessionStore
    clock: Clock
    loops: tuple[Loop, ...] = ()

    async def start(self) -> None:
        """Raises ConfigurationError or StoreUnavailable."""
        await self.engine.start()
        if isinstance(self.clock, DatabaseClock):
            await self.clock.read()


def open_database(url: str, *, clock: Clock | None, own: Clock, monotonic: Clock) -> Database:
    """`own` tells the time where `clock` is None and the database tells none. Raises ConfigurationError."""
    if url.startswith("sqlite:"):
        engine = SQLiteEngine(url)
        return Database(engine, SQLSessionStore(engine), clock or own)
    if url.startswith(_POSTGRESQL):
        return _open_postgresql(url, clock, own, monotonic)
    raise ConfigurationError("A database address starts with sqlite:/// or postgresql://.")


def _open_postgresql(url: str, clock: Clock | None, own: Clock, monotonic: Clock) -> Database:
    try:
        from latchstring.stores.postgres import PostgresEngine
        from latchstring.stores.postgres_bell import PostgresBell
    except ModuleNotFoundError:
        raise ConfigurationError("PostgreSQL needs asyncpg: pip install 'latchstring[postgres]'.") from None
    engine = PostgresEngine(url)
    store = SQLSessionStore(engine)
    bell = PostgresBell(engine.address, store.wake_up)
    store.when_ended(bell.ring)
    if clock is not None:
        return Database(engine, store, clock, (bell.run,))
    shared = DatabaseClock(engine, own=own, monotonic=monotonic)
    return Database(engine, store, shared, (bell.run, shared.run))


def open_key_ring(database_url: str, secrets: Path | None, entropy: Entropy) -> KeyRing:
    """Of a file beside the database, unless `secrets` is another. Raises ConfigurationError."""
    if secrets is None and _path(database_url) is None:
        # A database in memory forgets its sessions at the end, and so may their keys.
        return KeyRing([Key(1, entropy(32))])
    return load_or_create_key_ring(secrets or beside(database_url, "secrets"), entropy)


def beside(database_url: str, what: str) -> Path:
    """A file or folder named as the database is; one of a server, under `data` in the working folder."""
    path = _path(database_url)
    return Path(what) if path is None else path.with_suffix(f".{what}")


def _path(database_url: str) -> Path | None:
    if database_url.startswith(_POSTGRESQL):
        return Path("data/latchstring")
    name = database_url.removeprefix("sqlite:///")
    return None if name == ":memory:" else Path(name)
