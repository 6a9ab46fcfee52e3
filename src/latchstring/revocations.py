"""What this node knows of sessions that have ended: asked on every request, so it is a dictionary and nothing more."""

from collections.abc import Callable

from latchstring.errors import EndReason, FeedSilent, InvalidAuthToken
from latchstring.ports import Clock


class DenySet:
    """The ids of sessions whose auth tokens may not have expired yet, and whether we would know of new ones.

    `monotonic` counts milliseconds and never jumps: neither the wall clock's leaps nor a suspended machine may make
    a silent feed look heard. A new deny-set is silent until it is told that the feed was read.
    """

    __slots__ = ("_denied", "_heard_at", "_keep", "_monotonic", "_silence", "_when_added")

    def __init__(self, *, keep_seconds: float, silence_seconds: float, monotonic: Clock) -> None:
        self._keep = int(keep_seconds * 1000)
        self._silence = int(silence_seconds * 1000)
        self._monotonic = monotonic
        self._denied: dict[str, tuple[EndReason, int]] = {}
        self._heard_at: int | None = None
        self._when_added: list[Callable[[str, EndReason], object]] = []

    def when_added(self, tell: Callable[[str, EndReason], object]) -> None:
        """`tell(session_id, reason)` is called for each session as it is added. Whoever ended it here is not answered
        before."""
        self._when_added.append(tell)

    def check(self, session_id: str) -> None:
        """Raises InvalidAuthToken for a session that ended, FeedSilent where this node cannot know."""
        # What `silent` says, in place: this is asked on every request.
        if self._heard_at is None or self._monotonic() - self._heard_at > self._silence:
            raise FeedSilent("The revocation feed has not been heard for too long.")
        if session_id in self._denied:
            raise InvalidAuthToken

    def silent(self) -> bool:
        return self._heard_at is None or self._monotonic() - self._heard_at > self._silence

    def heard(self, began: int | None = None) -> None:
        """The feed was read to its end, by a reading that began at that time of the monotonic clock, or just now."""
        self._heard_at = self._monotonic() if began is None else began

    def add(self, session_id: str, reason: EndReason) -> None:
        if session_id in self._denied:
            return
        self._denied[session_id] = (reason, self._monotonic() + self._keep)
        for tell in self._when_added:
            tell(session_id, reason)

    def reason(self, session_id: str) -> EndReason | None:
        entry = self._denied.get(session_id)
        return None if entry is None else entry[0]

    def prune(self) -> None:
        """Forgets sessions whose last auth token has expired; they were added in the order of time."""
        now = self._monotonic()
        while self._denied:
            oldest = next(iter(self._denied))
            if self._denied[oldest][1] > now:
                return
            del self._denied[oldest]
