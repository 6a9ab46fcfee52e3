"""How the text of an environment variable is read. Each raises ValueError with the end of a sentence that begins with
the variable's name, and never quotes the text: it may be a secret, or an address with one in it."""

import re
from ipaddress import ip_network
from urllib.parse import SplitResult, urlsplit

from chat.bus.address import read_address

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

TEN_YEARS = 315_360_000
"""Seconds. Whoever asks for more has counted in another unit."""

_SOCKET = re.compile(r"(?:(?:https?|wss?)://[A-Za-z0-9.\-\[\]:]+)?(?:/(?!/)[A-Za-z0-9._~%/-]*)?")
_KEY = re.compile(r"[!-~]{32,}")


def read_number(text: str, most: int, least: int = 1) -> int:
    # Not int() first: it takes underscores and other scripts' digits, and refuses a flood of them in words of its own.
    if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
        raise ValueError(f"is a whole number from {least} to {most}")
    return int(text)


def read_seconds(text: str) -> int:
    return read_number(text, TEN_YEARS)


def read_length(text: str) -> int:
    return read_number(text, 256)


def read_port(text: str) -> int:
    return read_number(text, 65535, least=0)


def read_database(text: str) -> str:
    """Which of a PostgreSQL address is wrong, the library says."""
    if text.startswith("sqlite:///") and text != "sqlite:///":
        return text
    return _read_postgresql(text, "sqlite:/// and a path, or postgresql://user:password@host/database")


def read_move_target(text: str) -> str:
    return _read_postgresql(text, "postgresql://user:password@host/database")


def _read_postgresql(text: str, shape: str) -> str:
    if text.startswith(("postgresql://", "postgres://")):
        return text
    # As other programs write it.
    driver = ", and names no driver with a + before ://" if re.match(r"postgres(ql)?\+\w+://", text) else ""
    raise ValueError(f"is {shape}{driver}")


def read_origin(text: str) -> str:
    """A scheme, a host and perhaps a port: what browsers put into `Origin`."""
    url, parts = _split(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in url or urlsplit(url).path:
        raise ValueError("is an origin such as https://chat.example.org, without a path")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("is http, which is taken for loopback hosts only: use https")
    if parts.query or parts.fragment:
        raise ValueError("is an origin such as https://chat.example.org, without a path")
    return url


def read_origins(text: str) -> tuple[str, ...]:
    return tuple(read_origin(part) for part in _parts(text))


def read_url(text: str) -> str:
    url, parts = _split(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "@" in url:
        raise ValueError("is an address such as https://chat.example.org")
    return url


def read_socket_url(text: str) -> str:
    """It goes into the pages and their policy: no character that ends a directive, no script's address."""
    if not _SOCKET.fullmatch(text):
        raise ValueError("is a path such as /backend/socket, or an address such as wss://api.example.org/socket")
    return text.rstrip("/")


def read_networks(text: str) -> tuple[str, ...]:
    parts = _parts(text)
    try:
        return tuple(str(ip_network(part)) for part in parts)
    except ValueError:
        raise ValueError("holds networks such as 10.0.0.0/8, comma-separated") from None


def read_key(text: str) -> str:
    if not _KEY.fullmatch(text):
        raise ValueError("has at least 32 characters, all of them visible ASCII: it travels in a header")
    return text


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _split(text: str) -> tuple[str, SplitResult]:
    url = text.rstrip("/")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        raise ValueError("is an address such as https://chat.example.org") from None
    if re.search(r"[\s;,'\"\\<>]", url):
        raise ValueError("is an address such as https://chat.example.org")
    return url, parts


def read_redis(text: str) -> str:
    read_address(text)
    return text
