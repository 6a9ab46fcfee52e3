"""Which topic a name belongs to."""

from collections.abc import Mapping

from chat.channels.topic import Topic


class Topics:
    """Exactly, or by the name's prefix up to the first colon."""

    def __init__(self, exact: Mapping[str, Topic], prefixes: Mapping[str, Topic]) -> None:
        self._exact = exact
        self._prefixes = prefixes

    def find(self, name: str) -> Topic | None:
        prefix, colon, _ = name.partition(":")
        return self._exact.get(name) or self._prefixes.get(prefix + colon)
