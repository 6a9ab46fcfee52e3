"""What a database address opens: the engine, the time that goes by there, and who tells other nodes of endings."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latchstring.core.keys import Key, KeyRing
from latchstring.database_clock import DatabaseClock, monotonic_clock, wall_clock
from latchstring.errors import ConfigurationError
from latchstring.key_file import load_or_create_key_ring
from latchstring.ports import Clock, Engine, Entropy
from latchstring.steady_clock import SteadyClock
from latchstring.stores.known_keys import end_all_and_forget_keys, note_keys
from latchstring.stores.sessions import SQLSessionStore
from latchstring.stores.sqlite import SQLiteEngine

_POSTGRESQL = ("postgresql:", "postgres:")
FILES = Path("data/latchstring")
"""What lies beside the database of a server is named like this."""

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
        if not isinstance(self.clock, DatabaseClock):
            return
        try:
            await self.clock.read()
        except BaseException:
            # Whoever could not start this has nothing to stop.
            await self.engine.stop()
            raise

    async def note_keys(self, ring: KeyRing) -> None:
        """Raises ConfigurationError where nodes with another key ring have signed here, or StoreUnavailable."""
        await note_keys(self.engine, ring, self.clock())


def open_database(url: str, *, clock: Clock | None, own: Clock, monotonic: Clock) -> Database:
    """`own` tells the time where `clock` is None and the database tells none. Raises ConfigurationError."""
    if url.startswith("sqlite:"):
        engine = SQLiteEngine(url)
        return Database(engine, SQLSessionStore(engine), clock or SteadyClock(own, monotonic))
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


def open_key_ring(database_url: str, secrets: Path | None, entropy: Entropy, *, files: Path = FILES) -> KeyRing:
    """Of a file beside the database, unless `secrets` is another. Raises ConfigurationError."""
    if secrets is None and database_url.removeprefix("sqlite:///") == ":memory:":
        # A database in memory forgets its sessions at the end, and so may their keys.
        return KeyRing([Key(1, entropy(32))])
    return load_or_create_key_ring(secrets or beside(database_url, "secrets", files=files), entropy)


def beside(database_url: str, what: str, *, files: Path = FILES) -> Path:
    """A file or folder named as the database is; one of a server, as `files`, in the working folder."""
    if database_url.startswith(_POSTGRESQL):
        return files.with_suffix(f".{what}")
    name = database_url.removeprefix("sqlite:///")
    return Path(what) if name == ":memory:" else Path(name).with_suffix(f".{what}")


async def forget_keys(database_url: str) -> int:
    """Signs everybody out, and has the database forget which keys it was used with: for a key ring that is lost. The
    next start begins with the ring that it finds or makes. Returns how many sessions ended. Raises ConfigurationError
    or StoreUnavailable; then it can be done again."""
    database = open_database(database_url, clock=None, own=wall_clock, monotonic=monotonic_clock)
    await database.start()
    try:
        await database.engine.migrate(database.store.component, database.store.migrations)
        return await end_all_and_forget_keys(database.engine, database.clock())
    finally:
        await database.engine.stop()
