"""Refreshes a second through the session store, beside bare SQLite writes of the same size on the same disk.

Bare: one thread, one prepared UPDATE of the same columns, as many to a commit as there are presenters. The disk syncs
every commit in both. Run it as `python -m bench.sqlite_refresh [folder]`: the folder says which disk.
"""

import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latchstring.core.rotation import Presentation
from latchstring.ports import Statement
from latchstring.stores.sessions import SQLSessionStore
from latchstring.stores.sqlite import SQLiteEngine
from latchstring.testing.desk import Desk
from latchstring.testing.entropy import SeededEntropy

PRESENTERS = (1, 16, 64)
SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
ROUNDS = 3
NOW, WINDOW = 1_800_000_000_000, 10_000


@dataclass(frozen=True)
class Figure:
    presenters: int
    refreshes: float
    reads: float
    bare: float

    def __str__(self) -> str:
        return (
            f"{self.presenters:4} at once: {self.refreshes:8.0f} refreshes/s, bare writes {self.bare:8.0f}/s, "
            f"ratio {self.refreshes / self.bare:.2f}; {self.reads:8.0f} point reads/s ({1e6 / self.reads:.0f} µs)"
        )


def measure(folder: Path, run: Callable[[Coroutine[Any, Any, Figure]], Figure] = asyncio.run) -> list[Figure]:
    return [run(_figure(folder / f"{presenters}.db", presenters)) for presenters in PRESENTERS]


async def _figure(where: Path, presenters: int) -> Figure:
    """Rounds in turns, so that a disk that changes its mind changes it for both."""
    engine = SQLiteEngine(f"sqlite:///{where}")
    await engine.start()
    store = SQLSessionStore(engine)
    await engine.migrate(store.component, store.migrations)
    desk = Desk(store=store, entropy=SeededEntropy(1), idle=10**15)
    ids = [(await desk.sign_in(NOW, expires_at=None)).session_id for _ in range(presenters)]
    rounds = []
    for _ in range(ROUNDS):
        refreshes = await _at_once([_present_for_ever(store, session_id) for session_id in ids])
        reads = await _at_once([_read_for_ever(store, session_id) for session_id in ids])
        rounds.append((refreshes, reads, _bare(where, ids)))
    await engine.stop()
    refreshes, reads, bare = (statistics.median(column) for column in zip(*rounds, strict=True))
    return Figure(presenters, refreshes, reads, bare)


async def _at_once(loops: list[Callable[[float], Coroutine[Any, Any, int]]]) -> float:
    began = time.perf_counter()
    done = await asyncio.gather(*(loop(began + SECONDS) for loop in loops))
    return sum(done) / (time.perf_counter() - began)


def _present_for_ever(store: SQLSessionStore, session_id: str) -> Callable[[float], Coroutine[Any, Any, int]]:
    async def present(until: float) -> int:
        session = await store.session(session_id)
        if session is None:
            raise RuntimeError("the session of the bench is gone")
        digest, generation, now, done = session.head_hash, session.head_gen, session.head_at, 0
        while time.perf_counter() < until:
            now += WINDOW + 1
            fresh = os.urandom(32)
            shown = Presentation(
                session_id=session_id,
                generation=generation,
                digest=digest,
                fresh_digest=fresh,
                fresh_sealed=fresh + digest[:16],
                address="192.0.2.1",
                now=now,
                window=WINDOW,
                straggler=30_000,
                idle=10**15,
                unremembered_idle=10**15,
            )
            after = await store.present(shown)
            if after is None or after.head_hash != fresh:
                raise RuntimeError("a refresh of the bench did not rotate")
            digest, generation, done = fresh, after.head_gen, done + 1
        return done

    return present


def _read_for_ever(store: SQLSessionStore, session_id: str) -> Callable[[float], Coroutine[Any, Any, int]]:
    async def read(until: float) -> int:
        done = 0
        while time.perf_counter() < until:
            await store.session(session_id)
            done += 1
        return done

    return read


_WRITE = Statement(
    "UPDATE latchstring_sessions SET base_gen = base_gen + 1, head_gen = head_gen + 1, base_hash = ?, head_hash = ?, "
    "sealed = ?, head_at = ?, confirmed_at = ?, idle_until = ?, last_seen_at = ?, address = ? WHERE id = ?"
)


def _bare(where: Path, ids: list[str]) -> float:
    connection = sqlite3.connect(where, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    began, done = time.perf_counter(), 0
    while time.perf_counter() < began + SECONDS:
        connection.execute("BEGIN IMMEDIATE")
        for session_id in ids:
            fresh = os.urandom(32)
            values = (fresh, fresh, fresh + fresh[:16], NOW + done, NOW + done, NOW * 2, NOW + done, "192.0.2.1")
            connection.execute(_WRITE.sql, (*values, session_id))
        connection.execute("COMMIT")
        done += len(ids)
    rate = done / (time.perf_counter() - began)
    connection.close()
    return rate


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=folder) as made:
        for figure in measure(Path(made)):
            print(figure)


if __name__ == "__main__":
    main()
