"""From a SQLite file to PostgreSQL, with everything that is in it: whoever is signed in stays so."""

from collections.abc import Callable, Sequence
from pathlib import Path

from latchstring.core.keys import KeyRing
from latchstring.database_clock import wall_clock
from latchstring.errors import ConfigurationError
from latchstring.key_file import load_or_create_key_ring
from latchstring.ports import Engine
from latchstring.stores.accounts import SQLAccountStore
from latchstring.stores.known_keys import note_keys
from latchstring.stores.sessions import SQLSessionStore
from latchstring.stores.sqlite import SQLiteEngine
from latchstring.stores.sqlite_file import SQLiteFile

Tables = Sequence[tuple[str, Path]]


async def move_database(
    source: str,
    target: str,
    tables: Tables = (),
    *,
    secrets: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> int:
    """Copies all rows of the SQLite database `source` into the empty PostgreSQL database `target`, all of them or none,
    and renames the file, so that nobody goes on with it by mistake. `tables` are the app's own, as `add_tables` takes
    them. Nobody can write into the source meanwhile. Returns how many rows there are. The key ring (`secrets`, or the
    file beside the source) stays as it is, and the new database knows it: no node starts there with another.

    Raises ConfigurationError where one of them is not what it has to be, or StoreUnavailable.
    """
    try:
        from latchstring.stores.postgres import PostgresEngine
        from latchstring.stores.postgres_moving import copy_database
    except ModuleNotFoundError:
        raise ConfigurationError("PostgreSQL needs asyncpg: pip install 'latchstring[postgres]'.") from None
    file = SQLiteFile.from_url(source)
    if file.path is None or not file.path.exists():
        raise ConfigurationError("There is no such SQLite database to move.")
    new = PostgresEngine(target)
    every = [*((store.component, store.migrations) for store in (SQLSessionStore, SQLAccountStore)), *tables]
    await _migrate(SQLiteEngine(source), every, _key_ring(secrets or file.path.with_suffix(".secrets")))
    await _migrate(new, every)
    rows = await copy_database(file, new.address, say)
    _set_aside(file.path)
    return rows


def _key_ring(secrets: Path) -> KeyRing | None:
    """None is made here: what was signed before was signed with another."""
    return load_or_create_key_ring(secrets) if secrets.exists() else None


async def _migrate(engine: Engine, tables: Tables, ring: KeyRing | None = None) -> None:
    """So that both have the same tables, whichever version wrote the one."""
    await engine.start()
    try:
        for component, migrations in tables:
            await engine.migrate(component, migrations)
        if ring is not None:
            await note_keys(engine, ring, wall_clock())
    finally:
        await engine.stop()


def _set_aside(path: Path) -> None:
    aside = path.with_name(f"{path.name}.moved")
    # A server that still runs may keep its log from being written back: it goes where its database goes.
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
