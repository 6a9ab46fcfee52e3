"""Whose trouble a SQLite error is: the statement's own, or the whole database's."""

import sqlite3
from enum import Enum

from latchstring.errors import Conflict, StoreUnavailable


class Blame(Enum):
    CONFLICT = "conflict"
    STATEMENT = "statement"
    DATABASE = "database"


MOVED = "this database was moved"
"""What the triggers say that end all writing there (postgres_moving.py)."""

_CONSTRAINT_DATATYPE = 3091  # of STRICT tables; the sqlite3 module has no name for it
_DATA_OF_THE_WRONG_SHAPE = {sqlite3.SQLITE_CONSTRAINT_NOTNULL, _CONSTRAINT_DATATYPE}
_STATEMENT_CODES = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_MISUSE,
    sqlite3.SQLITE_RANGE,
    sqlite3.SQLITE_TOOBIG,
}


def decide_blame(error: Exception) -> Blame:
    """What an error says about the jobs that share its transaction.

    | error                                                | blame     | consequence                            |
    |------------------------------------------------------|-----------|----------------------------------------|
    | a constraint: unique, foreign key, check             | CONFLICT  | this job alone: Conflict               |
    | a constraint: not null, wrong type in a STRICT table | STATEMENT | this job alone: the error itself, a bug |
    | no such table, too big, a value that cannot be bound | STATEMENT | this job alone: the error itself, a bug |
    | full, busy, I/O, corrupt, read-only, cannot open     | DATABASE  | the whole batch: StoreUnavailable      |
    | the trigger of a database that was moved             | DATABASE  | the whole batch: StoreUnavailable      |
    """
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(error, sqlite3.Error) or code is None:
        return Blame.STATEMENT
    if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER and MOVED in str(error):
        return Blame.DATABASE
    if isinstance(error, sqlite3.IntegrityError) and code not in _DATA_OF_THE_WRONG_SHAPE:
        return Blame.CONFLICT
    # The low byte is the primary code; the rest says more about it.
    return Blame.STATEMENT if code & 0xFF in _STATEMENT_CODES else Blame.DATABASE


def conflict(error: Exception) -> Conflict:
    trouble = Conflict()
    trouble.__cause__ = error
    return trouble


def unavailable(error: Exception) -> StoreUnavailable:
    """A fresh one for each job: an exception that is raised in several tasks would mix up their tracebacks."""
    trouble = StoreUnavailable()
    trouble.__cause__ = error
    return trouble
