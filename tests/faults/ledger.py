"""What is known from outside: who signed in when, who was signed out by whom, who was robbed; and what should not be.

Times are seconds of the rig's own monotonic clock, which no fault touches. What is asked of a server happens between
the question and the answer, or may have happened at any time after the question where no answer came.
"""

import time
from collections import Counter, deque
from dataclasses import dataclass, field

from tests.faults.tokens import Seen

TIME_LINE = 60


@dataclass(eq=False, slots=True)
class Visit:
    """One session, as its honest owner and the ledger know it."""

    id: str
    who: str
    began: float
    may_end_from: float | None = None
    """Somebody asked for its end, and it may have come to pass."""
    ended_at: float | None = None
    """It was acknowledged that it is over (the 204)."""
    robbed_at: float | None = None
    """A thief has shown one of its refresh tokens."""
    is_over: bool = False
    """Its owner knows that it is over."""
    auth_token: str = field(default="", repr=False)
    warm: dict[str, str] = field(default_factory=dict, repr=False)
    """By node, the newest auth token that it has taken."""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=TIME_LINE), repr=False)
    tokens: dict[int, str] = field(default_factory=dict, repr=False)

    @property
    def may_be_over(self) -> bool:
        return self.may_end_from is not None or self.robbed_at is not None


@dataclass
class Ledger:
    began: float = field(default_factory=time.monotonic)
    visits: dict[str, Visit] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    violations: list[dict[str, object]] = field(default_factory=list)
    events: deque[str] = field(default_factory=lambda: deque(maxlen=2000))
    """Faults, as they begin and end."""

    def now(self) -> float:
        return time.monotonic() - self.began

    def visit(self, session_id: str, who: str) -> Visit:
        made = self.visits[session_id] = Visit(session_id, who, self.now())
        return made

    def note(self, visit: Visit, what: str) -> None:
        visit.lines.append(f"{self.now():8.3f}  {what}")

    def tell(self, what: str) -> None:
        self.events.append(f"{self.now():8.3f}  {what}")

    def asked_to_end(self, visit: Visit, how: str) -> None:
        self.note(visit, f"asked to end: {how}")
        if visit.may_end_from is None:
            visit.may_end_from = self.now()

    def ended(self, visit: Visit) -> None:
        self.note(visit, "its end is acknowledged")
        if visit.ended_at is None:
            visit.ended_at = self.now()

    def robbed(self, visit: Visit) -> None:
        self.note(visit, "a thief shows one of its tokens")
        if visit.robbed_at is None:
            visit.robbed_at = self.now()

    def minted(self, visit: Visit, seen: Seen, whose: str) -> None:
        """Of one generation there is one token: a second one would be a second successor that lives."""
        self.note(visit, f"{whose} holds generation {seen.generation} ({seen.print})")
        if seen.session_id != visit.id:
            self.violate("stranger", visit, f"a token of session {seen.session_id} came instead")
        if visit.tokens.setdefault(seen.generation, seen.print) != seen.print:
            self.violate("two successors", visit, f"generation {seen.generation} was minted twice")

    def signed_out(self, visit: Visit, reason: str, how: str) -> None:
        """Its owner was told that it is over. Is it?"""
        self.note(visit, f"told that it is over: {how}, {reason}")
        was_told, visit.is_over = visit.is_over, True
        if was_told:
            return
        self.done["signed out"] += 1
        if visit.may_end_from is not None:
            return
        if visit.robbed_at is not None:
            self.done["robbed and signed out"] += 1
            if reason != "replayed":
                self.violate("wrong reason", visit, f"a robbed session ended as {reason!r}, by {how}")
            return
        self.violate("honest client signed out", visit, f"{reason!r}, by {how}")

    def violate(self, kind: str, visit: Visit | None, what: str) -> None:
        found: dict[str, object] = {"kind": kind, "at": round(self.now(), 3), "what": what}
        if visit is not None:
            found.update(session=visit.id, who=visit.who, time_line=list(visit.lines))
        found["faults"] = list(self.events)[-12:]
        self.violations.append(found)
