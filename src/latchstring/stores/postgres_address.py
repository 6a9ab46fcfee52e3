"""A PostgreSQL address: what of it is the server's, and what is ours."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from latchstring.errors import ConfigurationError

POOL = 10
"""Connections of a node, unless its address says `pool=…`; the watcher's own comes on top of them."""
LARGEST_POOL = 1000

SENTENCE = "A PostgreSQL database is given as postgresql://user:password@host:5432/database"


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """`dsn` is for asyncpg, and may hold a password. `share_trips`: refreshes that come together are one round trip,
    and one transaction; a sharding engine wants `share=off`."""

    dsn: str = field(repr=False)
    pool: int = POOL
    share_trips: bool = True

    @classmethod
    def from_url(cls, url: str) -> "PostgresAddress":
        """`postgresql://…?pool=10&share=on`; several hosts, of which one takes writes, stand with commas between them.
        Raises ConfigurationError, which quotes nothing of it."""
        try:
            parts = urlsplit(url)
            for host in parts.netloc.rpartition("@")[2].split(","):
                _ = urlsplit(f"//{host}").port  # raises where it is no number
            query = parse_qsl(parts.query, strict_parsing=True) if parts.query else []
        except ValueError:
            raise ConfigurationError(f"{SENTENCE}; this one cannot be read.") from None
        ours = {name: value for name, value in query if name in ("pool", "share")}
        if parts.scheme not in ("postgresql", "postgres") or parts.fragment or not parts.path.strip("/"):
            raise ConfigurationError(f"{SENTENCE}.")
        theirs = urlencode([each for each in query if each[0] not in ours])
        return cls(
            dsn=url.partition("?")[0] + (f"?{theirs}" if theirs else ""),
            pool=_pool(ours.get("pool", str(POOL))),
            share_trips=_on(ours.get("share", "on")),
        )


def _pool(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= LARGEST_POOL:
        raise ConfigurationError(f"pool in a PostgreSQL address is a number of connections, 1 to {LARGEST_POOL}.")
    return int(text)


def _on(text: str) -> bool:
    if text not in ("on", "off"):
        raise ConfigurationError("share in a PostgreSQL address is 'on' or 'off'.")
    return text == "on"
