"""Headers as they came: pairs of bytes, whose names are in lower case, as ASGI gives them."""

from collections.abc import Iterable


def values_of(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    """One for each time that the header was sent: what comes twice may mean two things, which its reader decides."""
    return [value for name, value in headers if name == wanted]
