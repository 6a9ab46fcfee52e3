"""Engines and stores to test with."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from latchstring.ports import Engine
from latchstring.stores.postgres import PostgresEngine
from latchstring.stores.sessions import SQLSessionStore
from latchstring.stores.sqlite import SQLiteEngine

Answer = TypeVar("Answer")


def engine_at(where: Path | str, **options: Any) -> Engine:
    """`where` is SQLite's file, or a PostgreSQL address. Options are those of its engine."""
    if str(where).startswith(("postgresql:", "postgres:")):
        return PostgresEngine(str(where), **options)
    return SQLiteEngine(f"sqlite:///{where}", **options)


@asynccontextmanager
async def running(where: Path | str, **options: Any) -> AsyncIterator[Engine]:
    engine = engine_at(where, **options)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


@asynccontextmanager
async def session_store(where: Path | str, **options: Any) -> AsyncIterator[tuple[Engine, SQLSessionStore]]:
    async with running(where, **options) as engine:
        store = SQLSessionStore(engine)
        await engine.migrate(store.component, store.migrations)
        yield engine, store


class Running:
    """An engine and its store for tests that are not coroutines: a state machine's steps, Hypothesis' examples."""

    def __init__(self, where: Path | str) -> None:
        self._runner = asyncio.Runner()
        self._context = session_store(where)
        self.engine, self.store = self.do(self._context.__aenter__())

    def do(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self._runner.run(work)

    def close(self) -> None:
        self.do(self._context.__aexit__(None, None, None))
        self._runner.close()
