"""From a SQLite file to PostgreSQL, with everything that is in it: whoever is signed in stays so."""

import asyncio
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
    them. No other process may have the source open. Returns how many rows there are. The key ring (`secrets`, or the
    file beside the source) stays as it is, and the new database knows it: no node starts there with another.

    Raises ConfigurationError where one of them is not what it has to be, or the file cannot be renamed after all was
    moved; or StoreUnavailable.
    """
    try:
        from latchstring.stores.postgres import PostgresEngine
        from latchstring.stores.postgres_moving import AllMoved, copy_database, hold_alone
    except ModuleNotFoundError:
        raise ConfigurationError("PostgreSQL needs asyncpg: pip install 'latchstring[postgres]'.") from None
    file = SQLiteFile.from_url(source)
    path = _path_of(file)
    new = PostgresEngine(target)
    # Before anything is changed here or there: a server that still runs is told of first.
    (await asyncio.to_thread(hold_alone, file)).close()
    every = [*((store.component, store.migrations) for store in (SQLSessionStore, SQLAccountStore)), *tables]
    await _migrate(SQLiteEngine(source), every, _key_ring(secrets or path.with_suffix(".secrets")))
    await _migrate(new, every)
    old = await asyncio.to_thread(hold_alone, file)
    try:
        rows = await copy_database(old, new.address, say)
        # While it is held: whoever starts now finds no file, and no moment in which it can be opened.
        _set_aside(path)
    except AllMoved as trouble:
        raise _left_behind(path, trouble.__cause__ or trouble) from trouble
    finally:
        old.close()
    return rows


def _path_of(file: SQLiteFile) -> Path:
    if file.path is None:
        raise ConfigurationError("There is no such SQLite database to move: what is in memory is in no file.")
    if not file.path.exists():
        moved = f", and {_aside(file.path).name} is there: it was moved already" if _aside(file.path).exists() else ""
        raise ConfigurationError(f"There is no such SQLite database to move: {file.path.name} is not there{moved}.")
    return file.path


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
    aside = _aside(path)
    try:
        # A server that was starting meanwhile may keep a log of its own: it goes where its database goes.
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
    except OSError as trouble:
        raise _left_behind(path, trouble) from trouble


def _left_behind(path: Path, trouble: BaseException) -> ConfigurationError:
    return ConfigurationError(
        f"All rows are in PostgreSQL, but {path.name} could not be set aside ({type(trouble).__name__}): put it "
        "somewhere else, and start with the new address. Nothing is left to move."
    )


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.moved")
