"""Migrations on PostgreSQL: by many nodes at once, of which one dies."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from latchstring.errors import ConfigurationError, StoreUnavailable
from latchstring.ports import Statement
from latchstring.stores import postgres_migrating
from latchstring.stores.postgres import PostgresEngine
from latchstring.stores.postgres_migrating import LOCK
from latchstring.stores.sessions import SQLSessionStore
from tests.stores.postgres_house import drop_all, engine_on, raw, until_one_sleeps, wire_to
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio
TABLES = Statement("SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
APPLIED = Statement("SELECT component, number FROM latchstring_migrations ORDER BY 1, 2")


@pytest.fixture
async def nodes(postgres_url: str) -> AsyncIterator[list[PostgresEngine]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(engine_on(postgres_url, "?pool=2")) for _ in range(5)]


def shop(folder: Path, *scripts: str) -> Path:
    for number, script in enumerate(scripts, 1):
        (folder / f"{number:03}_step.sql").write_text(script)
    return folder


async def test_five_nodes_that_start_at_once_make_the_tables_once(nodes: list[PostgresEngine]) -> None:
    store = SQLSessionStore
    await asyncio.gather(*(node.migrate(store.component, store.migrations) for node in nodes))
    [first, *others] = [await node.read(APPLIED) for node in nodes]
    assert first
    assert first == [(store.component, number) for number in range(1, len(first) + 1)]
    assert others == [first] * 4


async def test_each_step_is_taken_once_by_whoever_comes_first(nodes: list[PostgresEngine], tmp_path: Path) -> None:
    steps = ["CREATE TABLE counts (n BIGINT);", *["INSERT INTO counts SELECT count(*) FROM counts;"] * 10]
    folder = shop(tmp_path, *steps)
    await asyncio.gather(*(node.migrate("shop", folder) for node in nodes for _ in range(2)))
    assert await nodes[0].read(Statement("SELECT n FROM counts ORDER BY n")) == [(n,) for n in range(10)]


async def test_a_step_that_fails_leaves_nothing_and_holds_up_nobody(
    nodes: list[PostgresEngine], tmp_path: Path
) -> None:
    folder = shop(
        tmp_path, "CREATE TABLE one (n BIGINT);", "CREATE TABLE two (n BIGINT); INSERT INTO nowhere VALUES (1);"
    )
    outcomes = await asyncio.gather(*(node.migrate("shop", folder) for node in nodes), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {asyncpg.UndefinedTableError}
    assert await nodes[0].read(APPLIED) == [("shop", 1)]
    assert await nodes[0].read(TABLES) == [("latchstring_migrations",), ("one",)]
    shop(tmp_path, "CREATE TABLE one (n BIGINT);", "CREATE TABLE two (n BIGINT);")
    await nodes[1].migrate("shop", folder)
    assert await nodes[0].read(APPLIED) == [("shop", 1), ("shop", 2)]


async def test_a_node_that_dies_in_the_middle_is_followed_by_another(
    nodes: list[PostgresEngine], postgres_url: str, tmp_path: Path
) -> None:
    slow = shop(tmp_path, "CREATE TABLE one (n BIGINT); SELECT pg_sleep(1);")
    dying = asyncio.create_task(nodes[0].migrate("shop", slow))
    await until_one_sleeps(postgres_url)
    await drop_all(postgres_url)
    with pytest.raises(StoreUnavailable):
        await dying
    assert await nodes[1].read(TABLES) == [("latchstring_migrations",)]
    await asyncio.gather(*(node.migrate("shop", slow) for node in nodes[1:]))
    assert await nodes[1].read(APPLIED) == [("shop", 1)]


async def test_a_node_waits_while_another_migrates_and_the_lock_goes_with_its_connection(
    nodes: list[PostgresEngine], postgres_url: str, tmp_path: Path
) -> None:
    async with raw(postgres_url) as other:
        await other.execute(f"SELECT pg_advisory_lock({LOCK})")
        waiting = asyncio.create_task(nodes[0].migrate("shop", shop(tmp_path, "CREATE TABLE one (n BIGINT);")))
        done, _ = await asyncio.wait((waiting,), timeout=0.2)
        assert not done
    await waiting
    async with raw(postgres_url) as other:
        assert await other.fetchval(f"SELECT pg_try_advisory_lock({LOCK})")


async def test_a_node_that_waits_too_long_for_another_is_to_come_back(
    nodes: list[PostgresEngine], postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_migrating, "PATIENCE", 0.1)
    async with raw(postgres_url) as other:
        await other.execute(f"SELECT pg_advisory_lock({LOCK})")
        with pytest.raises(StoreUnavailable, match=r"LockNotAvailableError|QueryCanceledError"):
            await nodes[0].migrate("shop", shop(tmp_path, "CREATE TABLE one (n BIGINT);"))


async def test_a_node_whose_server_is_shut_down_while_it_waits_is_to_come_back(
    nodes: list[PostgresEngine], postgres_url: str, tmp_path: Path
) -> None:
    async with raw(postgres_url) as other:
        await other.execute(f"SELECT pg_advisory_lock({LOCK})")
        waiting = asyncio.create_task(nodes[0].migrate("shop", shop(tmp_path, "CREATE TABLE one (n BIGINT);")))

        async def it_waits() -> bool:
            return bool(await other.fetchval(WAITS))

        await until(it_waits)
        await drop_all(postgres_url)
        with pytest.raises(StoreUnavailable):
            await waiting


async def test_a_node_whose_connection_dies_silently_while_it_waits_for_another_is_to_come_back(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_migrating, "PATIENCE", 1.0)
    monkeypatch.setattr(postgres_migrating, "LATER", 0.5)
    async with wire_to(postgres_url) as (wire, through), engine_on(through) as node, raw(postgres_url) as other:
        await other.execute(f"SELECT pg_advisory_lock({LOCK})")
        waiting = asyncio.create_task(node.migrate("shop", shop(tmp_path, "CREATE TABLE one (n BIGINT);")))

        async def it_waits() -> bool:
            return bool(await other.fetchval(WAITS))

        await until(it_waits)
        wire.drop_silently()
        async with asyncio.timeout(20):
            with pytest.raises(StoreUnavailable, match="TimeoutError"):
                await waiting


async def test_a_node_whose_connection_dies_silently_in_the_middle_of_a_script_is_to_come_back_and_nothing_is_half_done(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_migrating, "SCRIPT_SECONDS", 1.0)
    folder = shop(tmp_path, "CREATE TABLE one (n BIGINT); SELECT pg_sleep(2);")
    async with wire_to(postgres_url) as (wire, through), engine_on(through) as node:
        migrating = asyncio.create_task(node.migrate("shop", folder))
        await until_one_sleeps(postgres_url)
        wire.drop_silently()
        async with asyncio.timeout(20):
            with pytest.raises(StoreUnavailable, match="TimeoutError"):
                await migrating
        await drop_all(postgres_url)
    monkeypatch.undo()
    async with engine_on(postgres_url) as another:
        assert await another.read(TABLES) == [("latchstring_migrations",)]
        await another.migrate("shop", folder)
        assert await another.read(APPLIED) == [("shop", 1)]


async def test_a_node_that_is_told_to_stop_while_its_connection_is_dead_does_not_wait_for_it(
    postgres_url: str, tmp_path: Path
) -> None:
    async with wire_to(postgres_url) as (wire, through), engine_on(through) as node:
        migrating = asyncio.create_task(node.migrate("shop", shop(tmp_path, "SELECT pg_sleep(60);")))
        await until_one_sleeps(postgres_url)
        wire.drop_silently()
        migrating.cancel()
        done, _ = await asyncio.wait((migrating,), timeout=20)
        assert done
        await drop_all(postgres_url)


async def test_a_user_who_may_make_no_tables_is_the_operators_to_mend(postgres_url: str, tmp_path: Path) -> None:
    role = f"guest_{uuid.uuid4().hex}"
    parts = urlsplit(postgres_url)
    as_guest = urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))
    async with raw(postgres_url) as other:
        await other.execute(f"CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        async with engine_on(as_guest) as engine:
            with pytest.raises(ConfigurationError, match="may not make or change tables"):
                await engine.migrate("shop", shop(tmp_path, "CREATE TABLE one (n BIGINT);"))
        await other.execute(f"DROP ROLE {role}")


async def test_those_who_are_at_work_go_on_when_a_table_changes_under_them(
    nodes: list[PostgresEngine], tmp_path: Path
) -> None:
    """As when a new version starts beside an old one: what the old one has prepared is prepared anew."""
    table = "CREATE TABLE things (name TEXT PRIMARY KEY, number INTEGER NOT NULL);"
    await nodes[-1].migrate("shop", shop(tmp_path, table))
    everything = Statement("SELECT * FROM things")
    bump = Statement(
        "INSERT INTO things (name, number) VALUES ('a', 1) ON CONFLICT (name) DO UPDATE SET number = 2 RETURNING *",
        key="a",
    )
    ways: list[Callable[[PostgresEngine], Awaitable[object]]] = [
        lambda node: node.read(everything),
        lambda node: node.write(bump),
        lambda node: asyncio.gather(*(node.write(bump) for _ in range(3))),
        lambda node: node.write(bump, everything),
    ]
    for node in nodes:
        for way in ways:
            await way(node)
    change = "ALTER TABLE things ADD COLUMN more TEXT; ALTER TABLE things ALTER COLUMN number TYPE BIGINT;"
    await nodes[-1].migrate("shop", shop(tmp_path, table, change))
    # Each finds it out by another way.
    assert [await way(node) for node, way in zip(nodes, ways, strict=False)] == [
        [("a", 2, None)],
        [[("a", 2, None)]],
        [[[("a", 2, None)]]] * 3,
        [[("a", 2, None)], [("a", 2, None)]],
    ]
