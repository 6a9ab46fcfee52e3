"""Where the bus is: what CHAT_REDIS_URL says, in parts."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

SHAPE = "is redis://user:password@host:6379/0, rediss:// for TLS, or unix:///path"

_SCHEMES = ("redis", "rediss", "unix")


@dataclass(frozen=True, slots=True)
class Address:
    """`number` keeps several chats on one server apart: each hears its own number alone. `authorities` is a file of
    certificates that TLS trusts instead of the system's. `path` is that of a Unix socket, and there is no host then."""

    host: str
    port: int
    path: str
    number: int
    username: str | None
    password: str | None = field(repr=False)
    is_tls: bool
    authorities: str | None


def read_address(text: str) -> Address:
    """Raises ValueError with the end of a sentence, which quotes nothing of the text."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(SHAPE) from None
    is_unix = parts.scheme == "unix"
    if parts.scheme not in _SCHEMES or parts.fragment or re.search(r"[\s\x00-\x1f]", text):
        raise ValueError(SHAPE)
    is_complete = len(parts.path) > 1 and not parts.hostname and not port if is_unix else bool(parts.hostname)
    if not is_complete:
        raise ValueError(SHAPE)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    allowed = {"unix": {"db"}, "rediss": {"ssl_ca_certs"}}.get(parts.scheme, set())
    if not options.keys() <= allowed:
        raise ValueError("takes no options but ssl_ca_certs, the file that TLS trusts, and db after a unix path")
    return Address(
        host=parts.hostname or "",
        port=port or 6379,
        path=unquote(parts.path) if is_unix else "",
        number=_number(options.get("db", "") if is_unix else parts.path.removeprefix("/")),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        is_tls=parts.scheme == "rediss",
        authorities=options.get("ssl_ca_certs"),
    )


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{0,9}", text):
        raise ValueError("ends in a number such as /0, which keeps chats on one server apart")
    return int(text or 0)
