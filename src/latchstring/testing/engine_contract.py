"""What every database engine has to do. Inherit it, and give it a started `engine` on an empty database."""

import asyncio
from pathlib import Path

import pytest

from latchstring.errors import ConfigurationError, Conflict
from latchstring.ports import Engine, Statement

_TABLE = Statement("CREATE TABLE things (name TEXT PRIMARY KEY, number INTEGER NOT NULL)")
_ALL = Statement("SELECT name, number FROM things ORDER BY name")


def put(name: str, number: int) -> Statement:
    return Statement("INSERT INTO things (name, number) VALUES (:name, :number)", {"name": name, "number": number})


def add(name: str, *, needs_row: bool = False) -> Statement:
    sql = "UPDATE things SET number = number + 1 WHERE name = :name RETURNING number"
    return Statement(sql, {"name": name}, needs_row=needs_row)


class EngineContract:
    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def engine(self) -> Engine:
        raise NotImplementedError("give the suite a started engine")

    @pytest.fixture
    async def things(self, engine: Engine) -> Engine:
        await engine.write(_TABLE)
        return engine

    async def test_a_write_answers_with_the_rows_of_each_statement(self, things: Engine) -> None:
        assert await things.write(put("a", 1), add("a"), add("b"), _ALL) == [[], [(2,)], [], [("a", 2)]]

    async def test_a_read_sees_the_write_that_was_acknowledged_before_it(self, things: Engine) -> None:
        for number in range(100):
            await things.write(put(f"{number:03}", number))
            assert len(await things.read(_ALL)) == number + 1

    async def test_a_statement_without_its_row_takes_the_whole_transaction_back(self, things: Engine) -> None:
        await things.write(put("a", 1))
        with pytest.raises(Conflict):
            await things.write(put("b", 1), add("a"), add("nobody", needs_row=True), add("a"))
        assert await things.read(_ALL) == [("a", 1)]

    async def test_a_taken_name_takes_the_whole_transaction_back(self, things: Engine) -> None:
        await things.write(put("a", 1))
        with pytest.raises(Conflict):
            await things.write(put("b", 1), put("a", 2))
        with pytest.raises(Conflict):
            await things.write(put("a", 3))
        assert await things.read(_ALL) == [("a", 1)]

    async def test_of_writes_at_once_those_that_conflict_fail_alone(self, things: Engine) -> None:
        writes = [things.write(put(f"{number % 30:02}", number), add(f"{number % 30:02}")) for number in range(60)]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 30
        rows = await things.read(_ALL)
        assert len(rows) == 30
        assert {number % 30 for _, number in rows} == set(range(30))

    async def test_counting_at_once_loses_no_count(self, things: Engine) -> None:
        await things.write(put("a", 0))
        answers = await asyncio.gather(*(things.write(add("a")) for _ in range(200)))
        assert sorted(number for [[(number,)]] in answers) == list(range(1, 201))

    async def test_a_broken_statement_raises_and_harms_no_other(self, things: Engine) -> None:
        broken = [Statement("SELECT * FROM nowhere"), Statement("nonsense"), Statement("SELECT :missing")]
        for statement in broken:
            good, bad, read, after = await asyncio.gather(
                things.write(add("a")),
                things.write(put("never", 1), statement),
                things.read(statement),
                things.write(add("a")),
                return_exceptions=True,
            )
            assert isinstance(bad, Exception)
            assert isinstance(read, Exception)
            assert (good, after) == ([[]], [[]])
        assert await things.read(_ALL) == []

    async def test_a_value_that_is_no_text_raises_and_harms_no_other(self, things: Engine) -> None:
        bad, good = await asyncio.gather(
            things.write(put("lone \ud800 surrogate", 1)), things.write(put("a", 1)), return_exceptions=True
        )
        assert isinstance(bad, UnicodeEncodeError)
        assert good == [[]]

    async def test_a_cancelled_caller_does_not_stop_the_others(self, things: Engine) -> None:
        cancelled = asyncio.ensure_future(things.write(put("a", 1)))
        other = asyncio.ensure_future(things.write(put("b", 1)))
        await asyncio.sleep(0)
        cancelled.cancel()
        await other
        assert ("b", 1) in await things.read(_ALL)

    async def test_migrations_are_applied_in_order_and_once(self, engine: Engine, tmp_path: Path) -> None:
        (tmp_path / "001_things.sql").write_text("CREATE TABLE things (name TEXT);\nINSERT INTO things VALUES ('a');")
        for _ in range(2):
            await engine.migrate("shop", tmp_path)
        (tmp_path / "002_numbers.sql").write_text(
            "ALTER TABLE things ADD COLUMN number INTEGER;\nUPDATE things SET number = 7;\n-- and no more\n"
        )
        for _ in range(2):
            await engine.migrate("shop", tmp_path)
        assert await engine.read(_ALL) == [("a", 7)]

    async def test_a_migration_that_fails_leaves_nothing_behind(self, engine: Engine, tmp_path: Path) -> None:
        (tmp_path / "001_things.sql").write_text("CREATE TABLE things (name TEXT);\nINSERT INTO nowhere VALUES (1);")
        with pytest.raises(Exception, match="nowhere"):
            await engine.migrate("shop", tmp_path)
        (tmp_path / "001_things.sql").write_text("CREATE TABLE things (name TEXT, number INTEGER);")
        await engine.migrate("shop", tmp_path)
        assert await engine.read(_ALL) == []

    async def test_components_are_numbered_apart(self, engine: Engine, tmp_path: Path) -> None:
        for component in ("shop", "stock"):
            folder = tmp_path / component
            folder.mkdir()
            (folder / "001_first.sql").write_text(f"CREATE TABLE {component} (name TEXT);")
            await engine.migrate(component, folder)
            assert await engine.read(Statement(f"SELECT * FROM {component}")) == []  # noqa: S608

    async def test_a_database_of_a_newer_version_is_left_alone(self, engine: Engine, tmp_path: Path) -> None:
        (tmp_path / "001_things.sql").write_text("CREATE TABLE things (name TEXT);")
        (tmp_path / "002_more.sql").write_text("CREATE TABLE more (name TEXT);")
        await engine.migrate("shop", tmp_path)
        (tmp_path / "002_more.sql").unlink()
        with pytest.raises(ConfigurationError, match="migration 002 of shop"):
            await engine.migrate("shop", tmp_path)

    async def test_a_migration_that_was_changed_is_noticed(self, engine: Engine, tmp_path: Path) -> None:
        (tmp_path / "001_things.sql").write_text("CREATE TABLE things (name TEXT);")
        await engine.migrate("shop", tmp_path)
        (tmp_path / "001_things.sql").write_text("CREATE TABLE things (label TEXT);")
        with pytest.raises(ConfigurationError, match=r"001_things\.sql of shop was changed"):
            await engine.migrate("shop", tmp_path)
