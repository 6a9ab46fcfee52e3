"""How PostgreSQL finds its rows: where it is told to avoid reading a whole table, it never has to."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from latchstring.stores.postgres_sql import names_in, numbered
from tests.chat import house
from tests.chat.test_sqlite_plans import PARTS, STATEMENTS

pytestmark = pytest.mark.anyio

NUMBERS = {"now", "count", "before", "size", "unread", "most", "renames"}


@pytest.fixture(scope="module")
async def connection(module_postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with house.opened(CHAT_DATABASE_URL=module_postgres_url):
        connection = await asyncpg.connect(module_postgres_url)
        await connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        yield connection
        await connection.close()


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - PARTS))
async def test_a_statement_finds_its_rows_by_key(connection: asyncpg.Connection, name: str) -> None:
    sql = STATEMENTS[name].replace("{ids}", ":one, :two")
    names = names_in(sql)
    types = tuple(int if each in NUMBERS else bytes if each == "private_key" else str for each in names)
    await connection.execute(f"PREPARE it AS {numbered(sql, types)}")
    rows = await connection.fetch(f"EXPLAIN EXECUTE it ({', '.join(['NULL'] * len(names))})")
    await connection.execute("DEALLOCATE it")
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan" not in plan
    by_conversation_alone = re.findall(r"on message_copies.*\n +Index Cond: \(conversation_id = \$\d+\)", plan)
    assert by_conversation_alone == []
