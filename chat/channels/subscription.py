"""One topic on one socket, from the beginning of its join: what is broadcast meanwhile waits for the join's answer."""

import secrets
from typing import Protocol

from chat.channels.outbox import OUTBOX_LIMIT
from chat.channels.protocol import JOIN_CRASHED, NOT_FOUND, UNAVAILABLE, UNMATCHED_TOPIC, PushRefused, Ref


class Line(Protocol):
    """The socket behind a subscription: one person on one device."""

    @property
    def user_id(self) -> str: ...

    def deliver(self, text: str) -> None:
        """Queues a frame; never waits, so that one slow reader delays nobody."""

    async def renew(self, token: str) -> None:
        """Shows a newer auth token. Raises InvalidAuthToken."""

    def close_topic(self, subscription: "Subscription") -> None:
        """The subscription was ended from elsewhere, for good: the client is told."""

    async def end_topic(self, subscription: "Subscription") -> None:
        """The subscription has failed: the client is told, and joins again."""


class Subscription:
    """Holds what is broadcast until the join is answered. So a stranger, whose join is refused, never sees a frame,
    and a member misses none between subscribing and the snapshot."""

    __slots__ = (
        "_expelled",
        "_held",
        "_held_size",
        "_is_joining",
        "_refusal",
        "id",
        "is_typing",
        "join_ref",
        "line",
        "name",
        "since",
    )

    def __init__(self, line: Line, name: str, join_ref: Ref) -> None:
        # Of this join alone: clients know metas by it, and a late news of an earlier join must not take this one away.
        self.id = secrets.token_urlsafe(9)
        self.line = line
        self.name = name
        self.join_ref = join_ref
        self.is_typing = False
        self.since = -1
        """The place in the conversation at which whoever is behind it was seen to be a member."""
        self._expelled = -1
        self._is_joining = True
        self._held: list[str] = []
        self._held_size = 0
        self._refusal: str | dict[str, str] | None = None

    @property
    def user_id(self) -> str:
        return self.line.user_id

    def deliver(self, text: str) -> None:
        if self._refusal is not None:
            return
        if not self._is_joining:
            self.line.deliver(text)
            return
        self._held.append(text)
        self._held_size += len(text)
        if self._held_size > OUTBOX_LIMIT:
            # As much as a client may leave unread: a join that takes this long is begun anew.
            self._end(JOIN_CRASHED)

    def expel(self, place: int) -> bool:
        """Whether it has ended: from here on not a frame passes. A join that is under way is refused in the end."""
        if self._is_joining:
            self._expelled = max(self._expelled, place)
            return False
        if self._refusal is None and self.since < place:
            self._end(NOT_FOUND)
            self.line.close_topic(self)
        return self._refusal is not None

    def is_seen_after(self, place: int) -> bool:
        """Whether it stands though its owner left at this place: they were seen to be a member at a later one."""
        return self._refusal is None and not self._is_joining and self.since >= place

    def fail(self) -> bool:
        """It is not known what was told here. Whether that is the client's to be told: a join that is under way is
        refused, and what has ended has ended."""
        was_joined = self._refusal is None and not self._is_joining
        if self._refusal is None:
            self._end(UNAVAILABLE)
        return was_joined

    def leave(self) -> None:
        """Whoever is behind it has left, or is gone; what they pushed and is still under way is told to nobody."""
        if self._refusal is None:
            self._end(UNMATCHED_TOPIC)

    def check(self) -> None:
        """Raises PushRefused where this has ended. Asked after each read that a member's right was learned from: what
        was read may be older than the end."""
        if self._refusal is None and self._expelled >= 0:
            # A leaving from before what was read is old, or the database has gone back meanwhile: it is read again.
            self._end(NOT_FOUND if self._expelled > self.since else UNAVAILABLE)
        if self._refusal is not None:
            raise PushRefused(self._refusal)

    def begin(self) -> None:
        """The join has been answered; what was held follows."""
        self._is_joining = False
        held, self._held = self._held, []
        for text in held:
            self.deliver(text)

    def _end(self, refusal: str | dict[str, str]) -> None:
        self._refusal = refusal
        self._held.clear()
