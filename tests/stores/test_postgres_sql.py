"""How a statement is said to PostgreSQL, and that every value comes back as it went."""

from pathlib import Path

import pytest

from latchstring.ports import Statement, Value
from latchstring.stores.postgres_sql import arguments, can_repeat, marked, names_in, numbered, returns_rows
from tests.stores.engines import running

TWICE = "UPDATE t SET a = :now - a, b = :b WHERE id = :id AND c < :now"


def test_a_name_is_one_number_however_often_it_stands_there() -> None:
    assert names_in(TWICE) == ("now", "b", "id")
    assert arguments(TWICE, {"id": "x", "now": 5, "b": None, "unused": 1}) == (5, None, "x")
    assert numbered(TWICE, (int, type(None), str)) == (
        "UPDATE t SET a = $1::bigint - a, b = $2 WHERE id = $3::text AND c < $1::bigint"
    )


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (str, "$1::text"),
        (int, "$1::bigint"),
        (bool, "$1::bigint"),
        (float, "$1::double precision"),
        (bytes, "$1::bytea"),
        (type(None), "$1"),
    ],
)
def test_each_value_is_cast_to_what_it_is(kind: type, said: str) -> None:
    assert numbered("SELECT :a_1", (kind,)) == f"SELECT {said}"


def test_a_placeholder_without_a_value_is_a_bug() -> None:
    with pytest.raises(KeyError):
        arguments("SELECT :missing", {})


def test_rows_of_several_statements_in_one_are_told_apart_by_a_number_at_their_end() -> None:
    sql = "UPDATE t SET a = :a WHERE id = :id RETURNING id, a"
    assert marked(sql, (int, str)) == "UPDATE t SET a = $1::bigint WHERE id = $2::text RETURNING id, a, $3::bigint"


@pytest.mark.parametrize(
    ("sql", "answers", "repeats"),
    [
        ("SELECT 1", False, False),
        ("\nINSERT INTO t VALUES (:a)", False, True),
        ("UPDATE t SET a = 1 RETURNING a", True, True),
        ("DELETE FROM t", False, True),
        ("WITH x AS (SELECT 1) DELETE FROM t RETURNING a", True, False),
    ],
)
def test_what_can_be_sent_together(sql: str, answers: bool, repeats: bool) -> None:
    assert (returns_rows(sql), can_repeat(sql)) == (answers, repeats)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "value",
    ["", "é 🚪 $1 :name % \\ '", 0, -(2**63), 2**63 - 1, 1.5, b"", bytes(range(256)), None],
    ids=lambda value: type(value).__name__,
)
async def test_a_value_comes_back_as_it_went_from_every_database(where: Path | str, value: Value) -> None:
    async with running(where) as engine:
        [(back,)] = await engine.read(Statement("SELECT :value", {"value": value}))
    assert (type(back), back) == (type(value), value)


@pytest.mark.anyio
async def test_a_flag_is_a_number(where: Path | str) -> None:
    async with running(where) as engine:
        assert await engine.read(Statement("SELECT :yes, :no", {"yes": True, "no": False})) == [(1, 0)]
