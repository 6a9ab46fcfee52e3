"""The hosts of a PostgreSQL address, of which one takes writes."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote


class Host(NamedTuple):
    """`name` is None where the address leaves it to the driver, as `port` may be. A name with a slash is the folder of
    a socket."""

    name: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        if self.name is None or self.name.startswith("/"):
            return "the socket of this machine"
        return f"{self.name}, port {self.port or 5432}"


class Hosts:
    """Whoever connects begins with the one that served last, and goes on in the order of the address."""

    def __init__(self, hosts: Sequence[Host] = ()) -> None:
        self._hosts = tuple(hosts) or (Host(),)
        self._last = self._hosts[0]

    def in_order(self) -> list[Host]:
        return sorted(self._hosts, key=lambda host: host != self._last)

    def served(self, host: Host) -> None:
        self._last = host


def hosts_in(listed: str, ports: str = "") -> list[Host]:
    """`one:5432,[::1],two`; `ports` is one for all, or one for each, of those that name none. Raises ValueError."""
    names = listed.split(",") if listed else []
    usual = ports.split(",") if "," in ports else [ports] * len(names)
    return [_host(name, port) for name, port in zip(names, usual, strict=True)]


def _host(text: str, usual_port: str) -> Host:
    if text.startswith("/"):
        return Host(text, _port(usual_port))
    if text.startswith("["):
        name, closed, rest = text[1:].partition("]")
        if not closed or rest[:1] not in ("", ":"):
            raise ValueError
        port = rest[1:]
    else:
        name, _, port = text.partition(":")
    if not name:
        raise ValueError
    return Host(unquote(name), _port(port or usual_port))


def _port(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ValueError
    return int(text)
