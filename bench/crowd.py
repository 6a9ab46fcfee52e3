"""Many people and long conversations, written straight into the database before a server opens it.

A password is hashed for 24 ms, and a message crosses a socket: thousands of the one and a million of the other would
take longer than what is measured. What is left out is only how the rows came about.
"""

import asyncio
import base64
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.people import VISITOR, Person
from bench.servers import chat_environment
from chat.app import Chat
from chat.cursors import Cursors
from chat.settings import read_settings
from latchstring import TokenPair

CONTENT = base64.b64encode(bytes(256)).decode()
"""As long as what RSA-OAEP makes of a short message."""
LONG_AGO = 1_700_000_000_000
_AT_ONCE = 256

_ACCOUNT = "INSERT INTO latchstring_accounts VALUES (:id, :email, :email, 'nobody logs in with this', NULL, :now)"
_PROFILE = "INSERT INTO profiles (user_id, display_name, name_key) VALUES (:id, :name, :name)"
_CONVERSATION = """
INSERT INTO conversations (id, private, pair, last_seq, inserted_at, updated_at)
VALUES (?, ?, ?, 0, ?, ?)"""
_MEMBER = "INSERT INTO members (conversation_id, user_id, joined_at) VALUES (?, ?, ?)"
_NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count) "
_ID = "printf('%08x-%s-4000-8000-000000000000', n, substr(:here, 33))"
_GROUPS = f"""
INSERT INTO message_groups (conversation_id, seq, id, sender_id, inserted_at, updated_at)
{_NUMBERS} SELECT :here, n, {_ID}, :sender, :now + n, :now + n FROM numbers"""
_COPIES = f"""
INSERT INTO message_copies (conversation_id, recipient_id, seq, id, content)
{_NUMBERS} SELECT :here, :reader, n, {_ID}, json_extract(:contents, '$[' || (n % :variety) || ']') FROM numbers"""
_LAST = "UPDATE conversations SET last_seq = :count WHERE id = :here"


def make_crowd(folder: Path, count: int) -> list[Person]:
    """People with one session each, who have no password."""
    asyncio.run(_migrate(folder))
    ids = [an_id("a", number) for number in range(count)]
    rows: list[dict[str, Any]] = [
        {"id": each, "email": f"crowd{number}@example.org", "name": f"person {number}", "now": LONG_AGO}
        for number, each in enumerate(ids)
    ]
    with closing(_opened(folder)) as database:
        database.executemany(_ACCOUNT, rows)
        database.executemany(_PROFILE, rows)
        database.commit()
    pairs = asyncio.run(_start_sessions(folder, ids))
    return [Person(row["email"], [pair]) for row, pair in zip(rows, pairs, strict=True)]


async def _migrate(folder: Path) -> None:
    async with _chat(folder).auth.lifespan():
        pass


async def _start_sessions(folder: Path, ids: Sequence[str]) -> list[TokenPair]:
    chat, pairs = _chat(folder), []
    async with chat.auth.lifespan():
        for first in range(0, len(ids), _AT_ONCE):
            some = ids[first : first + _AT_ONCE]
            starting = (chat.auth.sessions.start(each, remembered=True, visitor=VISITOR) for each in some)
            pairs += await asyncio.gather(*starting)
    return pairs


def start_groups(folder: Path, groups: Sequence[Sequence[str]]) -> list[str]:
    """A group of each of these people, by their ids; nobody has keys there yet."""
    ids = [an_id("c", number) for number in range(len(groups))]
    _start(folder, [(each, 0, None, LONG_AGO, LONG_AGO) for each in ids], dict(zip(ids, groups, strict=True)))
    return ids


def start_private(folder: Path, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """A private conversation of each two people, by their ids."""
    ids = [an_id("d", number) for number in range(len(pairs))]
    keys = [" ".join(sorted(pair)) for pair in pairs]
    rows = [(each, 1, key, LONG_AGO, LONG_AGO + n) for n, (each, key) in enumerate(zip(ids, keys, strict=True))]
    _start(folder, rows, dict(zip(ids, pairs, strict=True)))
    return ids


def _start(
    folder: Path, conversations: Sequence[tuple[str, int, str | None, int, int]], members: dict[str, Sequence[str]]
) -> None:
    with closing(_opened(folder)) as database:
        database.executemany(_CONVERSATION, conversations)
        rows = ((here, each, LONG_AGO) for here, people in members.items() for each in people)
        database.executemany(_MEMBER, rows)
        database.commit()


def write_history(
    folder: Path, conversation_id: str, sender: str, reader: str, count: int, contents: Sequence[str] = (CONTENT[:24],)
) -> None:
    """So many short messages, of which the reader has copies, with these contents in turns. The others' would lie
    elsewhere in the same tree."""
    values = {"here": conversation_id, "sender": sender, "reader": reader, "now": LONG_AGO, "count": count}
    with closing(_opened(folder)) as database:
        for statement in (_GROUPS, _COPIES, _LAST):
            database.execute(statement, {**values, "contents": json.dumps(contents), "variety": len(contents)})
        database.commit()


def page_token(folder: Path, reader: str, conversation_id: str, before: int) -> str:
    """As the server makes it: to read there page by page would take an hour."""
    return Cursors(_chat(folder).auth.sealer("page-cursor")).write(reader, f"messages {conversation_id}", str(before))


def an_id(kind: str, number: int) -> str:
    return f"{kind * 8}-0000-4000-8000-{number:012x}"


def _chat(folder: Path) -> Chat:
    return Chat(read_settings(chat_environment(folder)))


def _opened(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / "chat.db")
    # No log and no sync: a million messages would be written twice. The server switches both on again.
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -262144")
    return database
