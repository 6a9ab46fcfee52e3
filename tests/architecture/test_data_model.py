"""docs/data-model.md says what is in the database: held against one that was just made."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from chat.app import Chat
from chat.settings import read_settings
from tests.architecture.repository import ROOT

PAGE = (ROOT / "docs" / "data-model.md").read_text()
KEPT = {"plain", "hashed", "sealed", "encrypted"}


def documented() -> dict[str, list[tuple[str, str]]]:
    """By table: each column, and how it is kept."""
    sections = re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return {table: [pair for row in _rows(text) for pair in row] for table, text in sections}


def written() -> dict[str, set[str]]:
    return {table: {column for column, _ in columns} for table, columns in documented().items()}


def _rows(text: str) -> list[list[tuple[str, str]]]:
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")][2:]
    return [[(column, cells[1].strip()) for column in re.findall(r"`(\w+)`", cells[0])] for cells in lines]


@pytest.mark.anyio
async def test_every_table_and_column_is_documented(tmp_path: Path) -> None:
    async with Chat(read_settings({"CHAT_DATABASE_URL": f"sqlite:///{tmp_path}/chat.db"})).auth.lifespan():
        pass
    with closing(sqlite3.connect(tmp_path / "chat.db")) as made:
        tables = [name for (name,) in made.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        there = {table: {row[1] for row in made.execute(f"PRAGMA table_info({table})")} for table in tables}
    assert written() == {table: columns for table, columns in there.items() if not table.startswith("sqlite_")}


@pytest.mark.anyio
async def test_postgresql_has_the_same_tables_and_columns(postgres_url: str, tmp_path: Path) -> None:
    settings = {"CHAT_DATABASE_URL": postgres_url, "CHAT_SECRETS": str(tmp_path / "chat.secrets")}
    async with Chat(read_settings(settings)).auth.lifespan():
        pass
    connection = await asyncpg.connect(postgres_url)
    rows = await connection.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    await connection.close()
    there: dict[str, set[str]] = {}
    for table, column in rows:
        there.setdefault(table, set()).add(column)
    assert written() == there


def test_every_column_is_documented_once_and_with_how_it_is_kept() -> None:
    for table, columns in documented().items():
        assert len({column for column, _ in columns}) == len(columns), table
        assert {kept for _, kept in columns} <= KEPT, table
