"""Bare SQLite writes of as many rows and bytes as messages are: one thread, prepared statements, on a connection with
the settings of the engine's own."""

import time
from collections.abc import Sequence
from pathlib import Path

from bench.crowd import CONTENT, LONG_AGO, an_id
from latchstring.stores.sqlite_file import SQLiteFile

_SEQ = "UPDATE conversations SET last_seq = ?, updated_at = ? WHERE id = ?"
_GROUP = "INSERT INTO message_groups VALUES (?, ?, ?, ?, NULL, ?, ?)"
_COPY = "INSERT INTO message_copies VALUES (?, ?, ?, ?, ?)"


class BareMessages:
    """Into the tables of a database that no server has open."""

    def __init__(self, folder: Path, conversation_id: str, members: Sequence[str]) -> None:
        self._connection = SQLiteFile(folder / "chat.db").open_writer()
        self._here = conversation_id
        self._members = members
        self._written = 0

    def rate(self, seconds: float, in_a_commit: int) -> float:
        """Messages a second."""
        before, began = self._written, time.perf_counter()
        while time.perf_counter() < began + seconds:
            self.commit(in_a_commit)
        return (self._written - before) / (time.perf_counter() - began)

    def commit(self, messages: int = 1) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for _ in range(messages):
            self._write()
        self._connection.execute("COMMIT")

    def _write(self) -> None:
        self._written += 1
        seq, here, people = self._written, self._here, len(self._members)
        self._connection.execute(_SEQ, (seq, LONG_AGO + seq, here))
        group = an_id("e", people << 32 | seq)
        self._connection.execute(_GROUP, (here, seq, group, self._members[0], LONG_AGO, LONG_AGO))
        rows = [(here, each, seq, an_id("f", seq * people + n), CONTENT) for n, each in enumerate(self._members)]
        self._connection.executemany(_COPY, rows)

    def close(self) -> None:
        self._connection.close()
