"""A PostgreSQL address: what of it is the server's, and what is ours."""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from latchstring.errors import ConfigurationError
from latchstring.stores.postgres_hosts import Hosts, hosts_in

POOL = 10
"""Connections of a node, unless its address says `pool=…`; the watcher's own comes on top of them."""
LARGEST_POOL = 1000

SENTENCE = "A PostgreSQL database is given as postgresql://user:password@host:5432/database"
ENCODED = "Signs such as @ : / ? # [ ] in the user or the password are percent-encoded there: @ is %40, / is %2F."
_AT_AND_SLASH = re.compile("@[^&]*/")


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """`dsn` is for asyncpg, and may hold a password. `share_trips`: refreshes that come together are one round trip,
    and one transaction; a sharding engine wants `share=off`."""

    dsn: str = field(repr=False)
    pool: int = POOL
    share_trips: bool = True
    hosts: Hosts = field(default_factory=Hosts, compare=False, repr=False)

    @classmethod
    def from_url(cls, url: str) -> "PostgresAddress":
        """`postgresql://…?pool=10&share=on`; several hosts, of which one takes writes, stand with commas between them.
        Raises ConfigurationError, which quotes nothing of it."""
        try:
            parts = urlsplit(url)
            query = parse_qsl(parts.query, strict_parsing=True) if parts.query else []
            said = dict(query)
            hosts = hosts_in(parts.netloc.rpartition("@")[2] or said.get("host", ""), said.get("port", ""))
        except ValueError:
            raise ConfigurationError(f"{SENTENCE}; this one cannot be read. {ENCODED}") from None
        if _splits_a_password(parts):
            raise ConfigurationError(f"{SENTENCE}; this one has an @ that stands in no such place. {ENCODED}")
        ours = {name: value for name, value in query if name in ("pool", "share")}
        if parts.scheme not in ("postgresql", "postgres") or parts.fragment or not parts.path.strip("/"):
            raise ConfigurationError(f"{SENTENCE}. {ENCODED}")
        theirs = urlencode([each for each in query if each[0] not in ours])
        return cls(
            dsn=url.partition("?")[0] + (f"?{theirs}" if theirs else ""),
            pool=_pool(ours.get("pool", str(POOL))),
            share_trips=_on(ours.get("share", "on")),
            hosts=Hosts(hosts),
        )


def _splits_a_password(parts: SplitResult) -> bool:
    """Whether what was taken for the host may be half of a password: nothing of it may be shown then, or connected
    with."""
    after_hosts = "@" in parts.path or ("@" not in parts.netloc and _AT_AND_SLASH.search(parts.query) is not None)
    return parts.netloc.count("@") > 1 or after_hosts


def _pool(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= LARGEST_POOL:
        raise ConfigurationError(f"pool in a PostgreSQL address is a number of connections, 1 to {LARGEST_POOL}.")
    return int(text)


def _on(text: str) -> bool:
    if text not in ("on", "off"):
        raise ConfigurationError("share in a PostgreSQL address is 'on' or 'off'.")
    return text == "on"
