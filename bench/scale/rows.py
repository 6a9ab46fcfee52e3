"""Millions of sessions, made by the database itself: their ids as scattered as real ones, their secrets known.

Each has been refreshed once, as nearly all that live have: with its first refresh a row grows by the sealed token, and
whoever measured ten million of those would measure pages being split.
"""

import hashlib
import sqlite3
import uuid
from pathlib import Path

import asyncpg

NOW = 1_800_000_000_000
"""Unix milliseconds: when all of them began."""
FOREVER = 10**15
_COLUMNS = (
    "id, subject, remembered, device, address, inserted_at, last_seen_at, base_gen, base_hash, head_gen, head_hash, "
    "sealed, prev_gen, confirmed_at, head_at, handed_at, contested, condemned, idle_until"
)
_VALUES = (
    f"{{id}}, 'user ' || n / 2, 1, 'Firefox on Linux', '192.0.2.1', {NOW}, {NOW}, 0, {{first}}, 1, {{newest}}, "
    f"{{sealed}}, -1, {NOW}, {NOW}, {NOW}, 0, '', {FOREVER}"
)


def session_id(number: int) -> str:
    return str(uuid.UUID(hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()))


def digest(number: int, generation: int) -> bytes:
    """Of the session's token of that generation."""
    return hashlib.sha256(f"{number}/{generation}".encode()).digest()


def sealed(fresh: bytes) -> bytes:
    """As long as a sealed token."""
    return fresh + fresh[:16]


async def fill_postgresql(connection: asyncpg.Connection, count: int) -> None:
    """The table is filled, and then its indexes are made: one by one would take several times as long."""
    await connection.execute("ALTER TABLE latchstring_sessions DROP CONSTRAINT latchstring_sessions_pkey")
    await connection.execute("DROP INDEX latchstring_sessions_by_subject")
    values = _VALUES.format(
        id="md5(n::text)::uuid::text",
        first="sha256(convert_to(n || '/0', 'UTF8'))",
        newest="sha256(convert_to(n || '/1', 'UTF8'))",
        sealed="sha256(convert_to(n || '/1', 'UTF8')) || substr(sha256(convert_to(n || '/1', 'UTF8')), 1, 16)",
    )
    await connection.execute(
        f"INSERT INTO latchstring_sessions ({_COLUMNS}) SELECT {values} FROM generate_series(0, {count - 1}) AS n"
    )
    await connection.execute("SET maintenance_work_mem = '1GB'")
    await connection.execute("ALTER TABLE latchstring_sessions ADD PRIMARY KEY (id)")
    await connection.execute("CREATE INDEX latchstring_sessions_by_subject ON latchstring_sessions (subject)")
    await connection.execute("VACUUM (ANALYZE, FREEZE) latchstring_sessions")
    await connection.execute("CHECKPOINT")


def fill_sqlite(path: Path, count: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.create_function("scattered", 1, session_id, deterministic=True)
    connection.create_function("digest_of", 2, digest, deterministic=True)
    connection.create_function("sealed", 1, sealed, deterministic=True)
    connection.execute("PRAGMA cache_size = -2000000")
    connection.execute("PRAGMA synchronous = OFF")
    values = _VALUES.format(
        id="scattered(n)",
        first="digest_of(n, 0)",
        newest="digest_of(n, 1)",
        sealed="sealed(digest_of(n, 1))",
    )
    connection.execute("BEGIN")
    connection.execute(
        f"WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count - 1}) "
        f"INSERT INTO latchstring_sessions ({_COLUMNS}) SELECT {values} FROM numbers"
    )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
