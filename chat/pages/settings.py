"""What the pages have to be told: where the socket is, and what a new password needs."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from latchstring import ConfigurationError

_SOURCE = re.compile(r"(?:https?|wss?)://[A-Za-z0-9.\-\[\]:*]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """`socket_url` is a path of this origin, or an address elsewhere, without `/websocket`; scripts may speak to it.
    `password_min_length` counts code points. `secure` says that the public address is https, whatever a proxy speaks to
    us. `origins` are where the pages are at home: the public address, and then others that may open the socket. Raises
    ConfigurationError."""

    socket_url: str = "/backend/socket"
    password_min_length: int = 15
    secure: bool = False
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for source in self.socket_source():
            # A space or a semicolon would let one setting write other directives of the policy.
            if not _SOURCE.fullmatch(source):
                raise ConfigurationError(f"{source!r} is no origin such as wss://chat.example.org.")

    def socket_source(self) -> tuple[str, ...]:
        """The socket's origin as the policy wants it, with a WebSocket scheme; none where it is our own."""
        address = urlsplit(self.socket_url)
        if not address.netloc:
            return ()
        scheme = {"http": "ws", "https": "wss"}.get(address.scheme, address.scheme)
        return (f"{scheme}://{address.netloc}",)
