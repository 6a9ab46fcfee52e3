"""PostgreSQL addresses: what of them is ours, and that nobody is told a password."""

import logging
import traceback

import pytest

from latchstring.errors import ConfigurationError, LatchstringError, StoreUnavailable
from latchstring.stores.postgres import PostgresEngine
from latchstring.stores.postgres_address import LARGEST_POOL, POOL, PostgresAddress
from tests.backing.process import free_port

CANARY = "canary-of-a-password"


@pytest.mark.parametrize(
    ("url", "dsn", "pool", "share"),
    [
        ("postgresql://u:p@host/db", "postgresql://u:p@host/db", POOL, True),
        ("postgres://host:5433/db", "postgres://host:5433/db", POOL, True),
        ("postgresql://host/db?pool=3&share=off", "postgresql://host/db", 3, False),
        ("postgresql://host/db?sslmode=require&pool=1", "postgresql://host/db?sslmode=require", 1, True),
        (f"postgresql://host/db?pool={LARGEST_POOL}", "postgresql://host/db", LARGEST_POOL, True),
        ("postgresql://u:p%40%3A%2F@[::1]:5432/db", "postgresql://u:p%40%3A%2F@[::1]:5432/db", POOL, True),
        ("postgresql://one:5432,two:5433/db", "postgresql://one:5432,two:5433/db", POOL, True),
        ("postgresql://u:p@one,two,three/db", "postgresql://u:p@one,two,three/db", POOL, True),
        ("postgresql:///db?host=%2Frun%2Fpg", "postgresql:///db?host=%2Frun%2Fpg", POOL, True),
    ],
)
def test_what_is_ours_is_taken_out_and_the_rest_is_the_servers(url: str, dsn: str, pool: int, share: bool) -> None:
    assert PostgresAddress.from_url(url) == PostgresAddress(dsn, pool, share)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "postgresql:",
        f"postgresql://u:{CANARY}@host",
        f"postgresql://u:{CANARY}@host/",
        f"mysql://u:{CANARY}@host/db",
        f"postgresql://u:{CANARY}@host:port/db",
        f"postgresql://u:{CANARY}@one:5432,two:port/db",
        f"postgresql://u:{CANARY}@host:99999/db",
        f"postgresql://u:{CANARY}@[::1/db",
        f"postgresql://u:{CANARY}@host/db#{CANARY}",
        f"postgresql://u:{CANARY}@host/db?{CANARY}",
        f"postgresql://u:{CANARY}@host/db?pool={CANARY}",
        f"postgresql://u:{CANARY}@host/db?pool=0",
        f"postgresql://u:{CANARY}@host/db?pool=-1",
        f"postgresql://u:{CANARY}@host/db?pool={LARGEST_POOL + 1}",
        f"postgresql://u:{CANARY}@host/db?pool=٣",
        f"postgresql://u:{CANARY}@host/db?share={CANARY}",
        f"postgresql://u:{CANARY}@one,,two/db",
    ],
)
def test_one_that_is_none_is_refused_without_a_word_of_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="PostgreSQL") as caught:
        PostgresAddress.from_url(url)
    assert CANARY not in _all_that_is_said(caught.value)


def _all_that_is_said(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error)


def test_no_repr_shows_a_password() -> None:
    address = PostgresAddress.from_url(f"postgresql://u:{CANARY}@host/db")
    assert CANARY not in f"{address!r} {address}"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", StoreUnavailable),
        ("?sslmode=" + CANARY, ConfigurationError),
        ("?passfile=" + CANARY, StoreUnavailable),
    ],
)
async def test_nothing_that_connecting_says_shows_a_password(
    query: str, error: type[LatchstringError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(error) as caught:
        await PostgresEngine(f"postgresql://u:{CANARY}@127.0.0.1:{free_port()}/db{query}").start()
    assert CANARY not in _all_that_is_said(caught.value)
    assert CANARY not in caplog.text


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("user", "database"), [("postgres", CANARY), (CANARY, "postgres")], ids=["no such database", "no such user"]
)
async def test_a_server_that_does_not_let_us_in_is_the_operators_to_mend(
    postgres_url: str, user: str, database: str
) -> None:
    host = postgres_url.rpartition("@")[2].partition("/")[0]
    with pytest.raises(ConfigurationError, match="Check user, password and database") as caught:
        await PostgresEngine(f"postgresql://{user}:{CANARY}@{host}/{database}").start()
    assert CANARY not in _all_that_is_said(caught.value)


@pytest.mark.parametrize(
    "password",
    [
        f"p@{CANARY}",
        f"p@{CANARY}/wo:rd",
        f"p@ss@{CANARY}",
        f"{CANARY}/ss",
        f"12/{CANARY}",
        f"12/ss@{CANARY}",
        f"{CANARY}:12",
        f"12?{CANARY}",
        f"12/ss?x={CANARY}",
        f"{CANARY}#12",
        f"[{CANARY}",
    ],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "one:5432,two", "host:5433"])
def test_a_password_whose_signs_are_not_encoded_is_refused_with_the_way_to_write_them(password: str, host: str) -> None:
    # A colon alone is no trouble, behind the first.
    if password.endswith(":12"):
        assert PostgresAddress.from_url(f"postgresql://chat:{password}@{host}/chat").dsn
        return
    with pytest.raises(ConfigurationError, match="percent-encoded there: @ is %40, / is %2F") as caught:
        PostgresAddress.from_url(f"postgresql://chat:{password}@{host}/chat")
    assert CANARY not in _all_that_is_said(caught.value)


def test_a_user_with_an_at_in_the_query_is_one() -> None:
    assert PostgresAddress.from_url("postgresql://host/db?user=me@realm&sslrootcert=/ca").dsn


@pytest.mark.anyio
async def test_a_host_that_is_not_found_is_named_with_its_port_and_no_password() -> None:
    url = f"postgresql://u:{CANARY}@nowhere.invalid:5433,127.0.0.1:{free_port()}/db"
    with pytest.raises(StoreUnavailable, match=r"nowhere\.invalid, port 5433: no such host is known") as caught:
        await PostgresEngine(url).start()
    assert "ConnectionRefusedError" in str(caught.value)
    assert CANARY not in _all_that_is_said(caught.value)


@pytest.mark.anyio
async def test_a_host_whose_name_can_be_none_is_the_operators_to_mend() -> None:
    with pytest.raises(ConfigurationError, match="whose name is none") as caught:
        await PostgresEngine(f"postgresql://u:{CANARY}@a..b/db").start()
    assert CANARY not in _all_that_is_said(caught.value)
