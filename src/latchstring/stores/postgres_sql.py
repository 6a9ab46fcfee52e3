"""How a statement with `:name` placeholders is said to PostgreSQL."""

import re
from collections.abc import Mapping
from functools import lru_cache

from latchstring.ports import Value

_PLACEHOLDER = re.compile(r":([a-z_][a-z0-9_]*)")
_TYPES: Mapping[type, str] = {
    str: "::text",
    int: "::bigint",
    # A flag is a number, as SQLite has it.
    bool: "::bigint",
    float: "::double precision",
    bytes: "::bytea",
    # Of nothing the server infers the type, from what it is compared with or stored in.
    type(None): "",
}

Types = tuple[type, ...]


def arguments(sql: str, params: Mapping[str, Value]) -> tuple[Value, ...]:
    """The values in the order of their numbers. Raises KeyError for a placeholder without one."""
    return tuple(params[name] for name in names_in(sql))


@lru_cache(maxsize=2048)
def names_in(sql: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(sql)))


@lru_cache(maxsize=4096)
def numbered(sql: str, types: Types) -> str:
    """With `$1`, each cast to the type of its value: the server need not guess what `:now - head_at` subtracts."""
    numbers = {
        name: f"${at}{_TYPES[kind]}" for at, (name, kind) in enumerate(zip(names_in(sql), types, strict=True), 1)
    }
    return _PLACEHOLDER.sub(lambda found: numbers[found[1]], sql)


@lru_cache(maxsize=1024)
def marked(sql: str, types: Types) -> str:
    """A statement with RETURNING, which is its last clause, whose rows end with the number that is its last argument:
    so it is known whose they are where several run together."""
    return f"{numbered(sql, types)}, ${len(types) + 1}::bigint"


def returns_rows(sql: str) -> bool:
    return "RETURNING" in sql


def can_repeat(sql: str) -> bool:
    """Whether several of one text can be sent at once, and each still be answered with its own rows."""
    return sql.lstrip()[:6] in ("INSERT", "UPDATE", "DELETE")
