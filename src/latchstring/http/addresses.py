"""Who visits: the address and the browser, from the peer, from named proxies, or from our own web tier."""

import hmac
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from latchstring.core.headers import values_of
from latchstring.errors import ConfigurationError
from latchstring.issuing import Visitor
from latchstring.settings import Settings

KEY_HEADER = b"latchstring-web-tier-key"
ADDRESS_HEADER = b"latchstring-visitor-address"
AGENT_HEADER = b"latchstring-visitor-agent"

_AGENT_LENGTH = 512

IPAddress = IPv4Address | IPv6Address
Headers = Iterable[tuple[bytes, bytes]]


class Addresses:
    """Reads visitors. X-Forwarded-For counts from trusted networks only, and only as far as they can be trusted."""

    def __init__(self, settings: Settings) -> None:
        self._trusted = _networks(settings.trusted_proxies)
        self._key = settings.web_tier_key.encode() if settings.web_tier_key else None

    def visitor(self, scope: Any) -> Visitor:
        headers = scope["headers"]
        if self._key is not None and (told := self._told_by_web_tier(headers, self._key)) is not None:
            return told
        peer = _address(scope["client"][0]) if scope.get("client") else None
        return Visitor(_text(self._behind_proxies(peer, headers)), _agent(headers, b"user-agent"))

    def _told_by_web_tier(self, headers: Headers, key: bytes) -> Visitor | None:
        keys = values_of(headers, KEY_HEADER)
        if len(keys) != 1 or not hmac.compare_digest(keys[0], key):
            return None
        addresses = values_of(headers, ADDRESS_HEADER)
        address = _address(addresses[0].decode("latin-1")) if len(addresses) == 1 else None
        return Visitor(_text(address), _agent(headers, AGENT_HEADER))

    def _behind_proxies(self, peer: IPAddress | None, headers: Headers) -> IPAddress | None:
        """Walks X-Forwarded-For from the right, where our proxies write, to the first address that is not theirs.

        What is left of that was written by the visitor, who may write anything.
        """
        if not self._trusted or peer is None or not self._is_trusted(peer):
            return peer
        lines = [value.decode("latin-1") for value in values_of(headers, b"x-forwarded-for")]
        for hop in reversed(",".join(lines).split(",")):
            address = _address(hop.strip())
            if address is None:
                return peer
            peer = address
            if not self._is_trusted(address):
                return peer
        return peer

    def _is_trusted(self, address: IPAddress) -> bool:
        return any(address in network for network in self._trusted)


def _networks(texts: Iterable[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError:
        raise ConfigurationError("trusted_proxies holds networks such as 10.0.0.0/8.") from None


@lru_cache(maxsize=4096)
def _address(text: str) -> IPAddress | None:
    """An address in one form: without a zone, and IPv4 as IPv4 even where it came through an IPv6 socket."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _text(address: IPAddress | None) -> str:
    return "" if address is None else str(address)


def _agent(headers: Headers, wanted: bytes) -> str:
    for name, value in headers:
        if name == wanted:
            return value[:_AGENT_LENGTH].decode("latin-1")
    return ""
