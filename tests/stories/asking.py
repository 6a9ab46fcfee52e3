"""A question to the database of a running server, past the server: `?` stands for a value, whichever database it is."""

import asyncio
import itertools
import re
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import asyncpg

Rows = list[tuple[Any, ...]]


def ask(database: str, sql: str, values: Sequence[Any]) -> Rows:
    """What was changed is there when it returns."""
    if database.startswith("sqlite:"):
        return _ask_sqlite(database.removeprefix("sqlite:///"), sql, values)
    numbers = itertools.count(1)
    # A story's own loop runs meanwhile, and is not made to wait for another's.
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(
            asyncio.run, _ask_postgresql(database, re.sub(r"\?", lambda _: f"${next(numbers)}", sql), values)
        ).result()


def _ask_sqlite(path: str, sql: str, values: Sequence[Any]) -> Rows:
    with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
        return connection.execute(sql, values).fetchall()


async def _ask_postgresql(url: str, sql: str, values: Sequence[Any]) -> Rows:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql, *values)]
    finally:
        await connection.close()
