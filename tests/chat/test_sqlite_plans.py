"""How SQLite finds its rows: no statement reads a whole table, and none reads every copy of a conversation. A planner
that chose otherwise once made an edit among 300,000 messages take seconds."""

import re
from collections.abc import AsyncIterator

import pytest

from chat import editing, encryption_keys, memberships, messages, people, rosters
from latchstring import Statement
from tests.chat import house
from tests.chat.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sqlite_house(anyio_backend: str) -> AsyncIterator[House]:
    async with house.opened(CHAT_DATABASE_URL="sqlite:///:memory:") as opened:
        yield opened


VERBS = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
STATEMENTS: dict[str, str] = {
    f"{module.__name__}.{name}": value
    for module in (editing, encryption_keys, memberships, messages, people, rosters)
    for name, value in vars(module).items()
    if name.startswith("_") and isinstance(value, str) and VERBS.match(value)
}
PARTS = {"chat.encryption_keys._ROW"}
"""No whole statements."""
POSTGRESQL_ALONE = {"chat.memberships._LOCK"}
PAGED = {"chat.people._SEARCH"}
"""Goes along the key from the cursor, and stops when the page is full."""


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - PARTS - POSTGRESQL_ALONE))
async def test_a_statement_finds_its_rows_by_key(sqlite_house: House, name: str) -> None:
    sql = STATEMENTS[name].replace("{ids}", ":one, :two")
    params = dict.fromkeys(re.findall(r":(\w+)", sql), "x")
    plan = [row[3] for row in await sqlite_house.chat.auth.engine.read(Statement(f"EXPLAIN QUERY PLAN {sql}", params))]
    tables = ("conversations", "members", "message_groups", "message_copies", "profiles", "encryption_keys")
    scanned = [
        step
        for step in plan
        if re.match(r"SCAN (\w+)", step) and step.split()[1] in (*tables, *"acegkmp", "mine", "theirs")
    ]
    assert scanned == []
    by_conversation_alone = [
        step for step in plan if re.match(r"SEARCH (k|message_copies) .*\(conversation_id=\?\)", step)
    ]
    # The least of the key, where a walk along it begins, is one step.
    assert len(by_conversation_alone) == ("min(recipient_id)" in sql)
    assert name in PAGED or not any("user_id>?" in step for step in plan)
