"""Whose trouble a PostgreSQL error is: the statement's own, a rival's, or the whole database's."""

from enum import Enum

import asyncpg

from latchstring.errors import Conflict, StoreUnavailable


class Blame(Enum):
    CONFLICT = "conflict"
    STATEMENT = "statement"
    RIVAL = "rival"
    DATABASE = "database"


_CONFLICTS = {"23505", "23503", "23514", "23P01"}
_RIVALS = {"40001", "40P01"}
_STATEMENT_CLASSES = {"0A", "21", "22", "23", "42"}


def decide_blame(error: BaseException) -> Blame:
    """What an error says about its transaction, which has been rolled back, or will be with its connection.

    | error                                              | SQLSTATE                | blame     | consequence      |
    |----------------------------------------------------|-------------------------|-----------|------------------|
    | unique, foreign key, check, exclusion              | 23505 23503 23514 23P01 | CONFLICT  | Conflict         |
    | other constraints; syntax, types, too large        | 23 22 42 21 0A …        | STATEMENT | the error: a bug |
    | deadlock, serialization failure                    | 40P01 40001             | RIVAL     | tried again      |
    | a plan from before another node's migration        | 0A000, 26000            | RIVAL     | tried again      |
    | read-only, full, no more connections, stopping     | 25 53 55 57 58 08 XX …  | DATABASE  | StoreUnavailable |
    | no answer in time, a broken or closed connection   |                         | DATABASE  | StoreUnavailable |
    | a value that cannot be sent, or is not there       |                         | STATEMENT | the error: a bug |
    """
    state = getattr(error, "sqlstate", None)
    if is_stale_plan(error):
        return Blame.RIVAL
    if isinstance(error, asyncpg.PostgresError) and state:
        if state in _CONFLICTS:
            return Blame.CONFLICT
        if state in _RIVALS:
            return Blame.RIVAL
        return Blame.STATEMENT if state[:2] in _STATEMENT_CLASSES else Blame.DATABASE
    if isinstance(error, asyncpg.DataError | UnicodeError | KeyError | TypeError):
        return Blame.STATEMENT
    if isinstance(error, asyncpg.InterfaceError | asyncpg.PostgresError | asyncpg.InternalClientError | OSError):
        return Blame.DATABASE
    return Blame.STATEMENT


def is_stale_plan(error: BaseException) -> bool:
    """A statement was prepared before a migration by another node, or behind a pooler that gave us another server."""
    return isinstance(error, asyncpg.InvalidCachedStatementError | asyncpg.InvalidSQLStatementNameError)


def is_refused_write(error: BaseException) -> bool:
    """This server takes no writes, now: it may have been a primary before a failover."""
    return getattr(error, "sqlstate", None) in ("25006", "57P03")


def translated(error: Exception, blame: Blame) -> Exception:
    if isinstance(error, asyncpg.PostgresError):
        # "Failing row contains (…)": hashes and addresses, on their way into a log.
        error.detail = None
    if blame is Blame.CONFLICT:
        return Conflict()
    if blame is Blame.DATABASE:
        return StoreUnavailable()
    # asyncpg wraps what a value that cannot be sent has raised.
    return error.__cause__ if isinstance(error.__cause__, UnicodeError) else error
