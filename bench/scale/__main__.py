"""python -m bench.scale [--rows N …] [--rotations N] [--sqlite]

On a PostgreSQL of its own, or the one that TEST_POSTGRES_URL names.

For each number of sessions: refreshes a second by 16 and 64 presenters, shared round trips on and off, and what the
statistics say of HOT. Then, with --rotations, so many refreshes in the last table, and what became of its size.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from bench.machine import describe
from bench.scale.rotating import Held, rotate
from bench.scale.rows import fill_postgresql, fill_sqlite
from latchstring.stores.postgres import PostgresEngine
from latchstring.stores.sessions import SQLSessionStore
from latchstring.stores.sqlite import SQLiteEngine
from tests.backing.postgres import PostgresServer

ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
SECONDS = 10.0
SETTINGS: dict[str, Any] = {
    "shared_buffers": "6GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "effective_io_concurrency": "200",
}
"""Of the server that is started, on a machine of 24 GB: memory as deploy/postgresql/chat.conf has it for 16, and so few
checkpoints that none comes in the middle of a figure. Whole pages are not compressed: this build has no lz4."""
_WAL = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    print("\n".join(describe(Path(tempfile.gettempdir()))), flush=True)
    if chosen.sqlite:
        for count in chosen.rows:
            uvloop.run(_on_sqlite(count, chosen.seconds))
        return 0
    given = os.environ.get("TEST_POSTGRES_URL")
    settings = {**SETTINGS, **dict(each.split("=", 1) for each in chosen.set)}
    server = None if given else PostgresServer(durable=True, **settings).make()
    try:
        url = given or server.url()  # type: ignore[union-attr]
        for count in chosen.rows:
            last = chosen.rotations if count == chosen.rows[-1] else 0
            uvloop.run(_on_postgresql(url, count, chosen.seconds, chosen.settle, last))
    finally:
        if server is not None:
            server.close()
    return 0


async def _on_postgresql(admin_url: str, count: int, seconds: float, settle: float, rotations: int) -> None:
    admin = await asyncpg.connect(admin_url)
    await admin.execute("DROP DATABASE IF EXISTS latchstring_scale WITH (FORCE)")
    await admin.execute("CREATE DATABASE latchstring_scale")
    url = admin_url.rsplit("/", 1)[0] + "/latchstring_scale"
    engine = PostgresEngine(url)
    await engine.start()
    store = SQLSessionStore(engine)
    await engine.migrate(store.component, store.migrations)
    connection = await asyncpg.connect(url)
    await fill_postgresql(connection, count)
    held = Held(count)
    # The first touch of a page after a checkpoint writes all of it to the log: what lasts comes behind that.
    await _rotate(store, held, 64, connection, settle=True, seconds=settle or seconds)
    for presenters in (16, 64):
        await _rotate(store, held, presenters, connection, shared=True, seconds=seconds)
    alone = PostgresEngine(f"{url}?share=off&pool=16")
    await alone.start()
    await _rotate(SQLSessionStore(alone), held, 16, connection, shared=False, seconds=seconds)
    await alone.stop()
    await _say_sizes(connection, count, 0)
    if rotations:
        await _rotate(store, held, 64, connection, rotations=rotations, times=rotations)
        await _say_sizes(connection, count, rotations)
    await connection.close()
    await engine.stop()
    await admin.execute("DROP DATABASE latchstring_scale WITH (FORCE)")
    await admin.close()


async def _rotate(
    store: SQLSessionStore,
    held: Held,
    presenters: int,
    connection: asyncpg.Connection,
    *,
    seconds: float = 0,
    times: int = 0,
    **labels: object,
) -> None:
    """And says how fast it was, and how many bytes of the log each took, which is what a standby is sent."""
    before = await connection.fetchval(_WAL)
    done, took = await rotate(store, held, presenters, seconds=seconds, times=times)
    bytes_each = round(int(await connection.fetchval(_WAL) - before) / done)
    rate = round(done / took)
    _say(database="postgresql", rows=held.count, presenters=presenters, **labels, per_second=rate, log_bytes=bytes_each)


async def _say_sizes(connection: asyncpg.Connection, count: int, rotations: int) -> None:
    await connection.execute("SELECT pg_stat_force_next_flush()")
    row = await connection.fetchrow(
        "SELECT pg_table_size(relid) AS heap, pg_indexes_size(relid) AS indexes, n_tup_upd, n_tup_hot_upd, n_dead_tup "
        "FROM pg_stat_user_tables WHERE relname = 'latchstring_sessions'"
    )
    _say(
        database="postgresql",
        rows=count,
        after_rotations=rotations,
        table_mib=round(row["heap"] / 2**20),
        indexes_mib=round(row["indexes"] / 2**20),
        updates=row["n_tup_upd"],
        hot=round(row["n_tup_hot_upd"] / max(1, row["n_tup_upd"]), 4),
        dead_rows=row["n_dead_tup"],
    )


async def _on_sqlite(count: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-scale-") as folder:
        path = Path(folder) / "sessions.db"
        engine = SQLiteEngine(f"sqlite:///{path}")
        await engine.start()
        store = SQLSessionStore(engine)
        await engine.migrate(store.component, store.migrations)
        fill_sqlite(path, count)
        held = Held(count)
        await rotate(store, held, 64, seconds=seconds / 2)
        for presenters in (16, 64):
            done, took = await rotate(store, held, presenters, seconds=seconds)
            _say(database="sqlite", rows=count, presenters=presenters, per_second=round(done / took))
        await engine.stop()


def _say(**figures: object) -> None:
    print(json.dumps(figures), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS))
    parser.add_argument("--rotations", type=int, default=0, help="so many more in the last table")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each figure")
    parser.add_argument(
        "--settle", type=float, default=0, help="seconds before the first figure (default: as for each)"
    )
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="of the server that is started")
    parser.add_argument("--sqlite", action="store_true", help="SQLite instead")
    return parser


if __name__ == "__main__":
    sys.exit(main())
