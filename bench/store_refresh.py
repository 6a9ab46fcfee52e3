"""Refreshes through the session store alone, and bare SQLite writes of the same size into the same file.

Bare: one thread, one prepared UPDATE of the same columns, as many to a commit as there are presenters, on a connection
with the settings of the engine's own.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

from latchstring.core.rotation import Presentation
from latchstring.stores.sessions import SQLSessionStore
from latchstring.stores.sqlite import SQLiteEngine
from latchstring.stores.sqlite_file import SQLiteFile
from latchstring.testing.desk import Desk
from latchstring.testing.entropy import SeededEntropy

NOW, WINDOW = 1_800_000_000_000, 10_000


async def rates(where: Path, presenters: int, seconds: float) -> tuple[float, float]:
    """Writes a second into a file that is made for it: through the store, and bare."""
    engine = SQLiteEngine(f"sqlite:///{where}")
    await engine.start()
    store = SQLSessionStore(engine)
    await engine.migrate(store.component, store.migrations)
    desk = Desk(store=store, entropy=SeededEntropy(1), idle=10**15)
    ids = [(await desk.sign_in(NOW, expires_at=None)).session_id for _ in range(presenters)]
    began = time.perf_counter()
    counts = await asyncio.gather(*(_present_for(seconds, store, session_id) for session_id in ids))
    refreshes = sum(counts) / (time.perf_counter() - began)
    await engine.stop()
    return refreshes, _bare_writes(where, ids, seconds)


async def _present_for(seconds: float, store: SQLSessionStore, session_id: str) -> int:
    session = await store.session(session_id)
    if session is None:
        raise RuntimeError("the session of the bench is gone")
    digest, generation, now, done = session.head_hash, session.head_gen, session.head_at, 0
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        now += WINDOW + 1
        fresh = os.urandom(32)
        after = await store.present(_presentation(session_id, generation, digest, fresh, now))
        if after is None or after.head_hash != fresh:
            raise RuntimeError("a refresh of the bench did not rotate")
        digest, generation, done = fresh, after.head_gen, done + 1
    return done


def _presentation(session_id: str, generation: int, digest: bytes, fresh: bytes, now: int) -> Presentation:
    return Presentation(
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


_WRITE = (
    "UPDATE latchstring_sessions SET base_gen = base_gen + 1, head_gen = head_gen + 1, base_hash = ?, head_hash = ?, "
    "sealed = ?, head_at = ?, confirmed_at = ?, idle_until = ?, last_seen_at = ?, address = ? WHERE id = ?"
)


def _bare_writes(where: Path, ids: Sequence[str], seconds: float) -> float:
    connection = SQLiteFile(where).open_writer()
    began, done = time.perf_counter(), 0
    while time.perf_counter() < began + seconds:
        connection.execute("BEGIN IMMEDIATE")
        for session_id in ids:
            fresh = os.urandom(32)
            values = (fresh, fresh, fresh + fresh[:16], NOW + done, NOW + done, NOW * 2, NOW + done, "192.0.2.1")
            connection.execute(_WRITE, (*values, session_id))
        connection.execute("COMMIT")
        done += len(ids)
    rate = done / (time.perf_counter() - began)
    connection.close()
    return rate
