"""Who is here on any node: this node's own, and what the others say of theirs.

Each node numbers the changes of who is seen on it, and says the number with each tick: whoever finds that they have
missed one asks for all of it. So what is lost on the way heals within a tick, and nothing has to arrive. A node that is
silent for too long is gone, and everybody on it; if it is not, it is heard again, and asked. A name stands for one
process: one that is started again is another.

Pure bookkeeping, without a clock: each step says what those who are here are told, and what is said to the others.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from chat.channels.presence import Difference, Presence, Present, State, entries
from chat.channels.words import Alive, Asking, Changed, Everybody, Goodbye, Word

SILENT_TICKS = 7
"""A node that says nothing for longer is gone."""


class Step(NamedTuple):
    """`told` to those who are here, on this node alone; `said` to the other nodes, in this order."""

    told: Difference = Difference()
    said: tuple[Word, ...] = ()


@dataclass(slots=True)
class _Other:
    version: int
    present: dict[str, Present] = field(default_factory=dict)
    silent: int = 0


class Company:
    def __init__(self, node: str) -> None:
        self._node = node
        self._mine = Presence()
        self._version = 0
        self._others: dict[str, _Other] = {}
        self._asked: set[str] = set()
        """In this tick: whoever is asked twice answers once."""
        self._has_answered = False
        self._owes_answer = False
        self._has_left = False

    def state(self) -> State:
        """The payload of `presence_state`. Costs as much as there are people here: ask once a join."""
        theirs = [present for other in self._others.values() for present in other.present.values()]
        return entries([*self._mine.seen(), *theirs])

    def is_on_this_node(self, user_id: str) -> bool:
        return self._mine.is_here(user_id)

    # On this node

    def come(self, present: Present) -> Step:
        return self._changed(self._mine.come(present), came=() if present.hidden else (present,))

    def go(self, user_id: str, phx_ref: str) -> Step:
        return self._changed(self._mine.go(user_id, phx_ref))

    def hide(self, user_id: str, hidden: bool) -> Step:
        """Every socket of a user on this node."""
        told = self._mine.hide(user_id, hidden)
        return self._changed(told, came=tuple(self._mine.seen(user_id)) if told.joins else ())

    def rename(self, user_id: str, display_name: str) -> Step:
        """For those who join later, and for the other nodes; those who are here are told by an event of its own."""
        self._mine.rename(user_id, display_name)
        return self._changed(Difference(), came=tuple(self._mine.seen(user_id)))

    def _changed(self, told: Difference, came: tuple[Present, ...] = ()) -> Step:
        gone = tuple(meta["phx_ref"] for entry in told.leaves.values() for meta in entry["metas"])
        if not came and not gone:
            return Step(told)
        self._version += 1
        return self._step(told, Changed(self._version, came, gone))

    # On the others

    def hear(self, node: str, word: Word) -> Step:
        """What a node says of who is on it; other words mean nothing here."""
        other = self._others.get(node)
        if other is not None:
            other.silent = 0
        match word:
            case Alive(version=version):
                return Step() if other is not None and other.version == version else self._ask(node)
            case Changed():
                return self._take_change(node, other, word)
            case Everybody():
                return self._take_everybody(node, other, word)
            case Asking(node=asked) if asked in (None, self._node):
                return self._answer()
            case Goodbye():
                return self._forget(node)
        return Step()

    def _take_change(self, node: str, other: _Other | None, word: Changed) -> Step:
        if other is None or word.version > other.version + 1:
            return self._ask(node)
        if word.version <= other.version:
            return Step()
        other.version = word.version
        came = [present for present in word.came if present.phx_ref not in other.present]
        other.present.update((present.phx_ref, present) for present in word.came)
        gone = [other.present.pop(ref) for ref in word.gone if ref in other.present]
        return Step(Difference(entries(came), entries(gone)))

    def _take_everybody(self, node: str, other: _Other | None, word: Everybody) -> Step:
        if other is not None and word.version <= other.version:
            return Step()
        before = {} if other is None else other.present
        after = {present.phx_ref: present for present in word.present}
        self._others[node] = _Other(word.version, after)
        # A name that has changed is told by an event of its own, which may be what was lost: here it comes once more.
        came = [present for ref, present in after.items() if before.get(ref) != present]
        gone = [present for ref, present in before.items() if ref not in after]
        return Step(Difference(entries(came), entries(gone)))

    def _ask(self, node: str) -> Step:
        if node in self._asked:
            return Step()
        self._asked.add(node)
        return self._step(Difference(), Asking(node))

    def _answer(self) -> Step:
        """At once, and then no more before the next tick: after a trouble that all nodes had, all of them ask."""
        if self._has_answered:
            self._owes_answer = True
            return Step()
        self._has_answered = True
        return self._step(Difference(), self._everybody())

    def _everybody(self) -> Everybody:
        return Everybody(self._version, tuple(self._mine.seen()))

    def _forget(self, node: str) -> Step:
        other = self._others.pop(node, None)
        return Step() if other is None else Step(Difference(leaves=entries(other.present.values())))

    # As time goes by

    def tick(self) -> Step:
        for other in self._others.values():
            other.silent += 1
        gone = [node for node, other in self._others.items() if other.silent > SILENT_TICKS]
        left = [present for node in gone for present in self._others.pop(node).present.values()]
        said: list[Word] = [Alive(self._version)]
        if self._owes_answer:
            said.append(self._everybody())
        self._asked.clear()
        self._has_answered, self._owes_answer = self._owes_answer, False
        return self._step(Difference(leaves=entries(left)), *said)

    def lost(self) -> None:
        """Nothing is known of the others any more, and nobody is here who would have to be told."""
        self._others.clear()
        self._asked.clear()

    def found(self) -> Step:
        """The first words after a silence: what they have missed, and what this node has."""
        return self._step(Difference(), self._everybody(), Asking(None))

    def leave(self) -> Step:
        """The last word: nothing is said of who goes after it, one after the other. So it comes before they go."""
        step = self._step(Difference(), Goodbye())
        self._has_left = True
        return step

    def _step(self, told: Difference, *said: Word) -> Step:
        return Step(told, () if self._has_left else said)
