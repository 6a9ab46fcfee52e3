"""From SQLite to PostgreSQL: nobody signs in again, and nothing is missing."""

import sqlite3
import uuid
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from chat.app import MIGRATIONS, Chat
from chat.settings import read_settings
from latchstring import ConfigurationError, Statement, StoreUnavailable, TokenPair, move_database
from latchstring.stores.sqlite import SQLiteEngine
from tests.chat import house as houses
from tests.chat.house import VISITOR, House, Person
from tests.chat.process import command
from tests.chat.talk import copies, group, now

pytestmark = pytest.mark.anyio

TABLES = [("chat", MIGRATIONS)]
Rows = dict[str, list[tuple[object, ...]]]


def settings(url: str, folder: Path) -> Mapping[str, str]:
    return {"CHAT_DATABASE_URL": url, "CHAT_SECRETS": str(folder / "chat.secrets")}


def sqlite_rows(path: Path) -> Rows:
    with closing(sqlite3.connect(path)) as old:
        names = [name for (name,) in old.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            name: sorted(old.execute(f"SELECT {_columns(old, name)} FROM {name}").fetchall(), key=repr)
            for name in names
            if not name.startswith("sqlite_") and name != "latchstring_migrations"
        }


def _columns(old: sqlite3.Connection, table: str) -> str:
    return ", ".join(sorted(row[1] for row in old.execute(f"PRAGMA table_info({table})")))


async def postgres_rows(url: str, like: Rows, path: Path) -> Rows:
    connection = await asyncpg.connect(url)
    with closing(sqlite3.connect(path)) as old:
        rows = {
            name: sorted(
                (tuple(row) for row in await connection.fetch(f"SELECT {_columns(old, name)} FROM {name}")), key=repr
            )
            for name in like
        }
    await connection.close()
    return rows


async def furnish(house: House) -> tuple[list[Person], dict[str, TokenPair]]:
    """People who talk, and sessions in every state that the rotation knows."""
    people = [await house.person(name) for name in ("Anna", "Berta", "Ärger 🙂")]
    here = await group(house, *people)
    for number in range(30):
        await house.chat.messages.send(here, people[number % 3].id, copies(*people), now(), str(uuid.UUID(int=number)))
    sessions = house.chat.auth.sessions
    held = {state: await house.sign_in(people[0].id) for state in ("fresh", "pending", "proved", "ended")}
    held["lost"] = held["pending"]
    held["pending"] = await sessions.refresh(held["pending"].refresh_token, VISITOR)
    held["proved"] = await sessions.refresh(held["proved"].refresh_token, VISITOR)
    await sessions.authenticate(held["proved"].auth_token)
    await sessions.end(held["ended"].session_id)
    return people, held


async def test_after_the_move_every_row_is_there_and_every_token_works_as_it_did(
    tmp_path: Path, postgres_url: str
) -> None:
    source = f"sqlite:///{tmp_path}/chat.db"
    async with houses.opened(**settings(source, tmp_path)) as house:
        people, held = await furnish(house)
    before = sqlite_rows(tmp_path / "chat.db")
    said: list[str] = []
    moved = await move_database(source, postgres_url, TABLES, say=said.append)
    assert await postgres_rows(postgres_url, before, tmp_path / "chat.db.moved") == before
    assert moved == sum(map(len, before.values()))
    assert len(said) == len(before)
    assert not (tmp_path / "chat.db").exists()
    async with houses.opened(**settings(postgres_url, tmp_path)) as house:
        await check_tokens(house, held)
        async with house.device(people[1], people[1].own) as device:
            assert await device.heard() == []


async def check_tokens(house: House, held: Mapping[str, TokenPair]) -> None:
    sessions = house.chat.auth.sessions
    # An answer that was lost before the move is repeated after it: the same token, sealed in the row.
    assert (await sessions.refresh(held["lost"].refresh_token, VISITOR)).refresh_token == held["pending"].refresh_token
    for state in ("fresh", "pending", "proved"):
        assert (await sessions.authenticate(held[state].auth_token)).session_id == held[state].session_id
    for state in ("fresh", "proved"):
        assert (await sessions.refresh(held[state].refresh_token, VISITOR)).session_id == held[state].session_id
    assert await sessions.peek(held["ended"].refresh_token) is None
    [ending] = await house.chat.auth.engine.read(Statement("SELECT position FROM latchstring_endings"))
    await sessions.end(held["fresh"].session_id)
    positions = await house.chat.auth.engine.read(
        Statement("SELECT position FROM latchstring_endings ORDER BY position")
    )
    assert positions[0] == ending
    assert positions[1][0] > ending[0]


async def test_a_database_that_has_rows_is_not_moved_into(tmp_path: Path, postgres_url: str) -> None:
    source = f"sqlite:///{tmp_path}/chat.db"
    async with houses.opened(**settings(source, tmp_path)) as house:
        await house.person("Anna")
    async with houses.opened(**settings(postgres_url, tmp_path)) as house:
        await house.person("Berta")
    before = sqlite_rows(tmp_path / "chat.db")
    with pytest.raises(ConfigurationError, match="has rows in latchstring_"):
        await move_database(source, postgres_url, TABLES)
    assert sqlite_rows(tmp_path / "chat.db") == before


async def test_a_row_that_postgresql_cannot_hold_stops_the_move_and_nothing_was_moved(
    tmp_path: Path, postgres_url: str
) -> None:
    source = f"sqlite:///{tmp_path}/chat.db"
    async with houses.opened(**settings(source, tmp_path)) as house:
        await house.person("Anna")
        await house.person("nought \0 canary")
    with pytest.raises(ConfigurationError, match="A row of profiles cannot be stored") as trouble:
        await move_database(source, postgres_url, TABLES)
    assert "canary" not in str(trouble.value)
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SELECT count(*) FROM latchstring_accounts") == 0
    await connection.close()
    assert (tmp_path / "chat.db").exists()


async def test_an_app_whose_tables_were_not_named_is_told_which(tmp_path: Path, postgres_url: str) -> None:
    source = f"sqlite:///{tmp_path}/chat.db"
    async with houses.opened(**settings(source, tmp_path)):
        pass
    with pytest.raises(ConfigurationError, match="differ in conversations, encryption_keys"):
        await move_database(source, postgres_url)


@pytest.mark.parametrize(
    ("source", "said"), [("sqlite:///:memory:", "in no file"), ("sqlite:///nowhere.db", "nowhere.db is not there")]
)
async def test_what_is_no_file_cannot_be_moved(source: str, said: str, postgres_url: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no such SQLite database to move: .*{said}"):
        await move_database(source, postgres_url)


async def test_a_file_that_a_server_has_open_is_not_moved_and_nothing_is_changed(
    tmp_path: Path, postgres_url: str
) -> None:
    source = f"sqlite:///{tmp_path}/chat.db"
    async with houses.opened(**settings(source, tmp_path)) as house:
        await house.person("Anna")
        with pytest.raises(
            ConfigurationError, match=r"^chat\.db is open in another process, a server likely\. Stop it"
        ):
            await move_database(source, postgres_url, TABLES)
        await house.person("Berta")
    assert await _tables_in(postgres_url) == 0
    await move_database(source, postgres_url, TABLES)


async def _tables_in(url: str) -> int:
    connection = await asyncpg.connect(url)
    count = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    return int(count)


async def test_whoever_comes_during_the_move_waits_and_finds_no_file_after_it(
    tmp_path: Path, postgres_url: str
) -> None:
    source = f"sqlite:///{tmp_path}/chat.db"
    async with houses.opened(**settings(source, tmp_path)) as house:
        await furnish(house)
    outcomes: list[object] = []

    def come(_: str) -> None:
        # In the middle of the move: a table was copied.
        with closing(sqlite3.connect(tmp_path / "chat.db", timeout=0, isolation_level=None)) as late:
            try:
                outcomes.append(late.execute("SELECT count(*) FROM profiles").fetchall())
            except sqlite3.OperationalError as refused:
                outcomes.append(str(refused))

    await move_database(source, postgres_url, TABLES, say=come)
    assert set(outcomes) == {"database is locked"}
    assert _files_in(tmp_path) == ["chat.db.moved", "chat.secrets"]


def _files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_whoever_had_opened_it_at_the_last_moment_can_write_no_more(tmp_path: Path, postgres_url: str) -> None:
    source = f"sqlite:///{tmp_path}/chat.db"
    async with houses.opened(**settings(source, tmp_path)) as house:
        await furnish(house)
    await move_database(source, postgres_url, TABLES)
    # As it is found by a server that held the file open before the move had it alone, and under whatever name.
    late = SQLiteEngine(f"{source}.moved", busy_seconds=0.05)
    await late.start()
    assert isinstance(await _write_late(late), StoreUnavailable)
    await late.stop()


async def _write_late(writer: SQLiteEngine) -> object:
    try:
        return await writer.write(Statement("UPDATE profiles SET display_name = 'too late'"))
    except StoreUnavailable as refused:
        return refused


async def test_the_new_database_knows_the_key_ring_and_takes_no_other(tmp_path: Path, postgres_url: str) -> None:
    source = f"sqlite:///{tmp_path}/chat.db"
    async with houses.opened(**settings(source, tmp_path)) as house:
        await house.chat.auth.engine.write(Statement("DELETE FROM latchstring_keys"))  # as of an older version
    await move_database(source, postgres_url, TABLES)
    with pytest.raises(ConfigurationError, match="none of the keys"):
        async with houses.opened(CHAT_DATABASE_URL=postgres_url, CHAT_SECRETS=str(tmp_path / "new.secrets")):
            pass
    async with houses.opened(**settings(postgres_url, tmp_path)):
        pass


def run(folder: Path, *words: str, **environment: str) -> tuple[int, str]:
    process = command(*words, folder=folder, **environment)
    written, _ = process.communicate(timeout=60)
    return process.returncode, written


@pytest.mark.parametrize(
    ("name", "ending"),
    [("data/chat.db", "to the new address, and start"), ("other.db", "and CHAT_SECRETS to other.secrets, where")],
)
async def test_the_command_says_what_to_set_next(tmp_path: Path, postgres_url: str, name: str, ending: str) -> None:
    async with houses.opened(CHAT_DATABASE_URL=f"sqlite:///{tmp_path}/{name}") as house:
        await house.person("Anna")
    address = {"CHAT_DATABASE_URL": f"sqlite:///{name}", "CHAT_MOVE_TO": postgres_url}
    code, written = run(tmp_path, "move", **address)
    assert (code, ending in written, postgres_url in written) == (0, True, False), written
    # A second time there is nothing to move.
    code, written = run(tmp_path, "move", **address)
    assert (code, "is not there, and" in written, "was moved already" in written) == (2, True, True), written


@pytest.mark.parametrize("words", [("serve",), ("serve-api",), ("serve", "--nodes", "2"), ("forget-keys",)])
async def test_who_starts_on_the_address_of_before_the_move_is_told_and_no_empty_file_is_made(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "chat.db.moved").touch()
    code, written = run(tmp_path, *words, CHAT_REDIS_URL="redis://127.0.0.1:9/0")
    assert (code, "chat.db was moved to PostgreSQL" in written) == (2, True), written
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["chat.db.moved"]


async def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    async with houses.opened(CHAT_DATABASE_URL=f"sqlite:///{tmp_path}/data/chat.db"):
        pass
    code, written = run(tmp_path, "move", CHAT_MOVE_TO="postgresql://canary:canary@127.0.0.1:9/chat")
    assert (code, "canary" in written, "Traceback" in written) == (3, False, False), written
    assert (tmp_path / "data" / "chat.db").exists()


async def test_a_ring_that_is_lost_is_told_by_the_command_that_begins_a_new_one(tmp_path: Path) -> None:
    async with houses.opened(CHAT_DATABASE_URL=f"sqlite:///{tmp_path}/data/chat.db") as house:
        await house.person("Anna")
    (tmp_path / "data" / "chat.secrets").unlink()
    code, written = run(tmp_path, "serve")
    assert (code, "python -m chat forget-keys" in written) == (2, True), written
    code, written = run(tmp_path, "forget-keys")
    assert (code, "1 sessions ended" in written) == (0, True), written
    async with houses.opened(CHAT_DATABASE_URL=f"sqlite:///{tmp_path}/data/chat.db"):
        pass


async def test_with_postgresql_the_key_ring_is_where_it_is_with_the_default_database(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rings = [Chat(read_settings({"CHAT_DATABASE_URL": url})).auth.key_ring for url in ("", postgres_url)]
    assert rings[0].newest == rings[1].newest
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["chat.secrets"]
