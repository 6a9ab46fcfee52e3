"""An engine with a plug to pull, and a list of what was asked of it."""

from pathlib import Path

from latchstring.errors import StoreUnavailable
from latchstring.ports import Engine, Row, Statement
from tests.stores.engines import engine_at


class PluggedEngine:
    """The real one of that database: SQLite's file, or a PostgreSQL address."""

    down = False

    def __init__(self, where: Path | str) -> None:
        self._engine: Engine = engine_at(where)
        self.start, self.stop, self.migrate = self._engine.start, self._engine.stop, self._engine.migrate
        self.asked: list[str] = []

    async def read(self, statement: Statement) -> list[Row]:
        self._note("read")
        return await self._engine.read(statement)

    async def write(self, *statements: Statement) -> list[list[Row]]:
        self._note("write")
        return await self._engine.write(*statements)

    def _note(self, verb: str) -> None:
        self.asked.append(verb)
        if self.down:
            raise StoreUnavailable("the canary of the database's own message")
