"""pgbench with the library's own UPDATE and nothing around it: what PostgreSQL does here when nobody but it computes.

The statement is PRESENT, which a refresh is, word for word, but that it takes generation and digest from the row that
it finds, since pgbench remembers none, and always mints. It stands where the servers stand, on their core, and
PostgreSQL has the other one to itself: a server shares that with wrk.
"""

import re
from collections.abc import Set
from pathlib import Path

from bench.machine import pinned
from bench.peers.load import Burst
from bench.peers.postgres import PostgreSQL
from latchstring.stores.rotation_sql import PRESENT

DATABASE = "bare"
_ID = "'00000000-0000-4000-8000-' || lpad({number}::text, 12, '0')"
_SAID = {
    "generation": "head_gen",
    "digest": "head_hash",
    "strict": "0",
    # Nothing is so long ago that it has not happened yet, so nothing is a repeat, and all of them mint.
    "window": "-10000000",
    "straggler": "30000",
    "now": ":now::bigint",
    "idle": "1209600000",
    "unremembered_idle": "43200000",
    "address": "'127.0.0.1'",
    "condemned_limit": "416",
    "fresh_digest": "'\\x{}'::bytea".format("5a" * 32),
    "fresh_sealed": "'\\x{}'::bytea".format("a5" * 48),
    "session_id": _ID.format(number=":number"),
}
# As it is written to be cleaned up by nobody: the rows of the seed, with ids that can be told from a number.
_RENAMED = f"""
UPDATE latchstring_sessions SET id = {_ID.format(number="place")}
FROM (SELECT id AS was, row_number() OVER (ORDER BY id) AS place FROM latchstring_sessions) AS numbered WHERE id = was
"""


class BareUpdate:
    """In a copy of our own database, so of the very same rows."""

    def __init__(self, postgresql: PostgreSQL, folder: Path, of: str = "ours") -> None:
        self._postgresql = postgresql
        postgresql.sql("postgres", f'CREATE DATABASE {DATABASE} TEMPLATE "{of}"')
        postgresql.sql(DATABASE, _RENAMED)
        postgresql.sql(DATABASE, "VACUUM FULL ANALYZE latchstring_sessions")
        [count, now] = postgresql.sql(DATABASE, "SELECT count(*), max(inserted_at) FROM latchstring_sessions")[0].split(
            "|"
        )
        self._script = folder / "bare.pgbench"
        self._script.write_text(script(int(count), int(now)))

    def burst(self, connections: int, seconds: int, cores: Set[int]) -> Burst:
        where = ["--no-vacuum", "--protocol=prepared", f"--file={self._script}", "--jobs=1"]
        with pinned(cores):
            said = self._postgresql.run("pgbench", *where, f"--client={connections}", f"--time={seconds}", DATABASE)
        return read_pgbench(said)


def script(rows: int, now: int) -> str:
    statement = re.sub(r":([a-z_]+)", lambda found: _SAID[found[1]], PRESENT)
    one_line = " ".join(statement.split())
    return f"\\set number random(1, {rows})\n\\set now {now} + random(1, 1000000)\n{one_line};\n"


def read_pgbench(said: str) -> Burst:
    """Raises RuntimeError where one failed. pgbench says an average, which stands for the median, and no tail."""
    numbers = {
        name: re.search(rf"^{name} ?[=:] (?P<number>[\d.]+)", said, re.MULTILINE)
        for name in (
            "number of transactions actually processed",
            "number of failed transactions",
            "tps",
            "latency average",
        )
    }
    processed, failed, tps, average = (float(found["number"]) if found else -1.0 for found in numbers.values())
    if processed < 1 or failed != 0 or tps <= 0:
        raise RuntimeError(f"pgbench failed:\n{said}")
    return Burst(int(processed), processed / tps, average, float("nan"), float("nan"))
