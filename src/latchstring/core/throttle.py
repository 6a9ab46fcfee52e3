"""Throttling as a token bucket: one number, the time at which it will be full again, in ms that never jump."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then one each `seconds`."""

    burst: int
    seconds: float

    @property
    def interval(self) -> int:
        """Milliseconds in which one token comes back."""
        return int(self.seconds * 1000)


@dataclass(frozen=True, slots=True)
class Level:
    """One bucket that a try has to pass: when it is full again (0: it is full), and how it fills."""

    full_at: int
    rate: Rate


def decide_throttle(levels: Sequence[Level], now: int) -> int:
    """Milliseconds until a try may be made; 0 if it may be made now. Every level has to have a token.

    With a burst of 2 and one each 60 s:

    | spent before   | then waited | answer |
    |----------------|-------------|--------|
    | none           |             | 0      |
    | 1              | 0 s         | 0      |
    | 2              | 0 s         | 60 s   |
    | 2              | 59 s        | 1 s    |
    | 2              | 60 s        | 0      |
    | 2              | 1 h         | 0      |
    """
    return max((_wait(level, now) for level in levels), default=0)


def spent(level: Level, now: int) -> int:
    """When the bucket is full again after one more try."""
    return max(level.full_at, now) + level.rate.interval


def refunded(level: Level) -> int:
    """The same after a try that turned out to cost nothing."""
    return level.full_at - level.rate.interval


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Who counts as one visitor: a /24 of IPv4, a /64 of IPv6, which is what one customer gets.

    What is no address (a Unix socket's peer) is a network of its own.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 64), strict=False))


def _wait(level: Level, now: int) -> int:
    return max(0, spent(level, now) - now - level.rate.burst * level.rate.interval)
