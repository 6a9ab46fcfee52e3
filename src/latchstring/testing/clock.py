"""A clock that stands still until it is told."""


class SettableClock:
    """Unix milliseconds. Call it to read it, as every part of the library does."""

    def __init__(self, now: int = 1_800_000_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, *, seconds: float = 0, milliseconds: int = 0) -> int:
        """Moves on, and returns the new time."""
        self.now += round(seconds * 1000) + milliseconds
        return self.now
