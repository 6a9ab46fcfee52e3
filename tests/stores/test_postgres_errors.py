"""Whose trouble a PostgreSQL error is."""

import asyncio

import asyncpg
import pytest

from latchstring.errors import Conflict
from latchstring.ports import Statement
from latchstring.stores.postgres_errors import Blame, decide_blame, is_refused_write, is_stale_plan
from tests.stores.engines import running


def _of_the_server(state: str) -> BaseException:
    error: BaseException = asyncpg.PostgresError.new({"C": state, "M": "what the server said", "S": "ERROR"})
    return error


@pytest.mark.parametrize(
    ("states", "blame"),
    [
        ("23505 23503 23514 23P01", Blame.CONFLICT),
        ("23502 22P02 22021 22003 42601 42P01 42703 21000 0A000", Blame.STATEMENT),
        ("40001 40P01", Blame.RIVAL),
        ("25006 25P03 53300 53100 53200 55P03 57014 57P01 57P03 58030 08006 XX000 XX001 99999", Blame.DATABASE),
    ],
)
def test_whose_trouble_a_servers_error_is(states: str, blame: Blame) -> None:
    assert {state: decide_blame(_of_the_server(state)) for state in states.split()} == dict.fromkeys(
        states.split(), blame
    )


@pytest.mark.parametrize(
    ("error", "blame"),
    [
        (TimeoutError(), Blame.DATABASE),
        (ConnectionResetError(), Blame.DATABASE),
        (asyncpg.InterfaceError("connection is closed"), Blame.DATABASE),
        (asyncpg.ConnectionDoesNotExistError("connection was closed"), Blame.DATABASE),
        (asyncpg.InternalClientError("got result for unknown protocol state"), Blame.DATABASE),
        (asyncpg.DataError("invalid input for query argument"), Blame.STATEMENT),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogate"), Blame.STATEMENT),
        (KeyError("missing"), Blame.STATEMENT),
        (TypeError(), Blame.STATEMENT),
        (asyncio.InvalidStateError(), Blame.STATEMENT),
    ],
)
def test_whose_trouble_another_error_is(error: BaseException, blame: Blame) -> None:
    assert decide_blame(error) is blame


def test_a_plan_that_is_stale_and_a_write_that_is_refused_are_known() -> None:
    assert is_stale_plan(_of_the_server("26000"))
    assert is_stale_plan(asyncpg.InvalidCachedStatementError("cached plan must not change result type"))
    assert not is_stale_plan(_of_the_server("42601"))
    assert [is_refused_write(_of_the_server(state)) for state in ("25006", "57P03", "23505")] == [True, True, False]


@pytest.mark.anyio
async def test_an_error_says_nothing_of_the_values(postgres_url: str) -> None:
    put = Statement("INSERT INTO things VALUES (:name, :number)", {"name": "a canary", "number": 1})
    broken = Statement("INSERT INTO things VALUES (:name, NULL)", {"name": "a canary"})
    async with running(postgres_url) as engine:
        await engine.write(Statement("CREATE TABLE things (name TEXT PRIMARY KEY, number BIGINT NOT NULL)"), put)
        for work in ((put,), (put, put), (broken,)):
            with pytest.raises((Conflict, asyncpg.NotNullViolationError)) as caught:
                await engine.write(*work)
            assert (
                "canary" not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r} {caught.value.__cause__}"
            )
