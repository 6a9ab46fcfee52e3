"""Numbered migrations: which there are, which an engine still has to apply, and their record."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from latchstring.errors import ConfigurationError, Conflict
from latchstring.ports import Row, Statement, Value

BESIDE_OLDER = "-- Older versions may run beside this."
"""The first line of a migration that takes nothing from them: an older node that starts again in the middle of an
upgrade is not refused."""

_NAME = re.compile(r"(?P<number>\d{3})_(?P<title>[a-z0-9_]+)(?:\.(?P<dialect>[a-z]+))?\.sql")
_RECORD = """
CREATE TABLE IF NOT EXISTS latchstring_migrations (
    component TEXT NOT NULL,
    number INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (component, number)
)"""
_APPLIED = "SELECT number, checksum FROM latchstring_migrations WHERE component = :component"
_NOTE = "INSERT INTO latchstring_migrations (component, number, checksum) VALUES (:component, :number, :checksum)"


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    script: str = field(repr=False)

    @property
    def checksum(self) -> str:
        """With a plus where older versions may run beside it: they have the database's word alone."""
        mark = "+" if self.script.startswith(f"{BESIDE_OLDER}\n") else ""
        return mark + hashlib.sha256(self.script.encode()).hexdigest()


def find_migrations(folder: Path, dialect: str) -> list[Migration]:
    """The folder's `001_title.sql` files, in order; `001_title.<dialect>.sql` comes before one for all dialects."""
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql"), key=lambda path: path.name.count(".")):
        name = _NAME.fullmatch(path.name)
        if name is None:
            raise ConfigurationError(f"{path.name} is not named as a migration is: 001_what_it_does.sql.")
        if name["dialect"] in (None, dialect):
            number = int(name["number"])
            found[number] = Migration(number, path.name, path.read_text(encoding="utf-8"))
    if sorted(found) != list(range(1, len(found) + 1)):
        raise ConfigurationError(f"The migrations in {folder.name} are not numbered 001, 002 and so on.")
    return [found[number] for number in sorted(found)]


def decide_pending(component: str, known: Sequence[Migration], applied: Mapping[int, str]) -> list[Migration]:
    """The migrations still to apply. `applied` are numbers and checksums from the database.

    | number is known | number is applied | checksum         | answer                                      |
    |-----------------|-------------------|------------------|---------------------------------------------|
    | yes             | no                |                  | pending                                     |
    | yes             | yes               | equal            | done                                        |
    | yes             | yes               | differs          | ConfigurationError: a migration was changed |
    | no              | yes               | begins with a +  | done, by a newer version beside this one    |
    | no              | yes               | any other        | ConfigurationError: the database is newer   |
    """
    numbers = {migration.number for migration in known}
    if newer := sorted(number for number in applied.keys() - numbers if not applied[number].startswith("+")):
        raise ConfigurationError(
            f"The database has migration {newer[-1]:03} of {component}, which this version does not know: "
            "it was used by a newer version. Run that one, or restore a backup from before."
        )
    for migration in known:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise ConfigurationError(
                f"{migration.name} of {component} was changed after it had been applied to this database. "
                "Put it back as it was, and write a further migration instead."
            )
    return [migration for migration in known if migration.number not in applied]


class Database(Protocol):
    """As much of an engine as migrating needs."""

    async def read(self, statement: Statement) -> list[Row]: ...

    async def write(self, *statements: Statement) -> list[list[Row]]: ...


async def apply_migrations(
    engine: Database, component: str, folder: Path, *, dialect: str, split: Callable[[str], Sequence[str]]
) -> None:
    """Brings the component's tables up to date. Engines that start at once wait for each other."""
    known = find_migrations(folder, dialect)
    await engine.write(Statement(_RECORD))
    while pending := decide_pending(component, known, await _applied(engine, component)):
        migration = pending[0]
        note: dict[str, Value] = {"component": component, "number": migration.number, "checksum": migration.checksum}
        statements = [Statement(part) for part in split(migration.script)]
        try:
            # The note comes first: whoever loses the race stops here, before the tables that the winner has made.
            await engine.write(Statement(_NOTE, note), *statements)
        except Conflict:
            if migration.number not in await _applied(engine, component):
                raise


async def _applied(engine: Database, component: str) -> dict[int, str]:
    return dict(await engine.read(Statement(_APPLIED, {"component": component})))
