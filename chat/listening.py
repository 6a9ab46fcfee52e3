"""Where the chat listens: sockets that are bound before anything else is touched, and shared by nodes."""

import errno
import socket

from latchstring import ConfigurationError


def listen(host: str, port: int) -> list[socket.socket]:
    """Bound sockets, one for each address of the host; 0 finds a free port. Nobody can connect before the server
    starts. Raises ConfigurationError where somebody has the port already."""
    bound: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(found):
            if bound:
                port = bound[0].getsockname()[1]
            bound += _bind(family, (str(address[0]), port))
    except OSError as trouble:
        for each in bound:
            each.close()
        why = trouble.strerror or type(trouble).__name__
        raise ConfigurationError(f"CHAT_HOST {host}, CHAT_PORT {port} cannot be listened on: {why}.") from None
    if not bound:
        raise ConfigurationError(f"CHAT_HOST {host} is no address of this machine.")
    return bound


def _bind(family: int, address: tuple[str, int]) -> list[socket.socket]:
    try:
        one = _unbound(family)
    except OSError:
        # A machine without IPv6 has names for it all the same.
        return []
    try:
        one.bind(address)
    except OSError as trouble:
        one.close()
        if trouble.errno == errno.EADDRNOTAVAIL:
            return []
        raise
    return [one]


def _unbound(family: int) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return one


def share(bound: list[socket.socket]) -> None:
    """Lets `another` bind where these are. After they were bound, and not before: else two servers that were started by
    mistake would share the port, too."""
    for each in bound:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def another(bound: list[socket.socket]) -> list[socket.socket]:
    """One more socket for each of these, at the same address. Raises OSError.

    Of all that listen there the kernel picks one for each connection, by a hash of both its ends. Three nodes got 33 to
    34 of 100 connections each; on one socket for all of them it was 11 to 46, since whoever woke first took it
    (docs/how-to/run-several-nodes.md).
    """
    made = []
    for each in bound:
        one = _unbound(each.family)
        made.append(one)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(each.getsockname())
    return made
