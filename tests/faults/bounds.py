"""How long a session that was ended may still be served, and whether a node could know.

| the node, from the acknowledgement on        | bound                                     |
|----------------------------------------------|-------------------------------------------|
| reads its database                           | 1.5 s: a poll, and what reading takes     |
| was cut off from it, or stopped, in between  | 11 s: `feed_silence_seconds`, and a poll  |
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Literal

from tests.faults.ledger import Ledger, Visit
from tests.faults.node import Node

READING, CUT_OFF = 1.5, 11.0
AFTERWARDS = 6.5
"""Seconds after a trouble in which a node may still wait before it tries again."""

Way = Literal["call", "told on a socket", "socket closed"]


@dataclass
class Bounds:
    ledger: Ledger
    delays: dict[str, list[float]] = field(default_factory=dict)
    _troubles: dict[str, list[tuple[float, float | None]]] = field(default_factory=dict)
    _stalls: list[tuple[float, float]] = field(default_factory=list)

    def trouble(self, *nodes: Node, is_cut: bool = True) -> None:
        """From here on these cannot read their database (or not do anything)."""
        now = self.ledger.now()
        for node in nodes:
            those = self._troubles.setdefault(node.name, [])
            if not those or those[-1][1] is not None:
                those.append((now, None))
            if is_cut and node.cut_since is None:
                node.cut_since = now

    def over(self, *nodes: Node) -> None:
        for node in nodes:
            node.cut_since = None
            those = self._troubles.get(node.name)
            if those and those[-1][1] is None:
                those[-1] = (those[-1][0], self.ledger.now())

    def was_troubled(self, node: Node, since: float, until: float) -> bool:
        return any(
            began <= until and (end is None or since <= end + AFTERWARDS)
            for began, end in self._troubles.get(node.name, ())
        )

    async def watch_ourselves(self) -> None:
        """Where this process waits for a core, so do the nodes."""
        while True:
            due = time.monotonic() + 0.05
            await asyncio.sleep(0.05)
            late = time.monotonic() - due
            if late > 0.02:
                self._stalls.append((self.ledger.now(), late))

    def stalled(self, since: float) -> float:
        return sum(late for at, late in self._stalls if at >= since)

    def served(self, node: Node, visit: Visit, cut_since: float | None, at: float, way: Way, what: str) -> None:
        """Something was served to that session by that node, and was asked for (or, on a socket, came) at that time."""
        if cut_since is not None and cut_since == node.cut_since and at - cut_since > CUT_OFF + self.stalled(cut_since):
            self.ledger.violate(
                "served by a node that cannot know",
                visit,
                f"{what} at {node.name}, {at - cut_since:.1f} s after its cut",
            )
        if visit.ended_at is None or at <= visit.ended_at:
            return
        self.late(node, visit, at - visit.ended_at, way, what)

    def late(self, node: Node, visit: Visit, delay: float, way: Way, what: str) -> None:
        assert visit.ended_at is not None
        troubled = self.was_troubled(node, visit.ended_at, visit.ended_at + delay)
        kind = self._measured(way, troubled, delay)
        bound = CUT_OFF if troubled else READING
        if delay > bound + self.stalled(visit.ended_at):
            self.ledger.violate(
                "revoked and served", visit, f"{what} at {node.name}, {delay:.3f} s after the sign-out ({kind})"
            )

    def closed(self, node: Node, visit: Visit) -> None:
        """Its socket was closed just now. At a node that is cut off it may stay open, as long as nothing passes."""
        assert visit.ended_at is not None
        delay = max(0.0, self.ledger.now() - visit.ended_at)
        if self.was_troubled(node, visit.ended_at, self.ledger.now()):
            self._measured("socket closed", True, delay)
        else:
            self.late(node, visit, delay, "socket closed", "an open socket")

    def _measured(self, way: Way, troubled: bool, delay: float) -> str:
        kind = f"{way}, {'cut off' if troubled else 'reading'}"
        self.delays.setdefault(kind, []).append(delay)
        return kind

    def worst(self) -> dict[str, float]:
        return {kind: round(max(delays), 3) for kind, delays in sorted(self.delays.items())}
