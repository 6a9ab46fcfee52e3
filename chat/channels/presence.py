"""Presence: who is here, in the shapes of Phoenix Presence. One entry a user, one meta for each of their sockets.

Pure bookkeeping: each change returns the difference that has to be told, and hidden users are in none of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

Meta = dict[str, str]
State = dict[str, dict[str, list[Meta]]]


class Present(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One socket of a user. `phx_ref` names it among the user's metas; `online_at` is when it came."""

    user_id: str
    phx_ref: str
    online_at: str
    display_name: str
    hidden: bool = False

    def meta(self) -> Meta:
        return {"online_at": self.online_at, "phx_ref": self.phx_ref, "display_name": self.display_name}


@dataclass(frozen=True, slots=True)
class Difference:
    """The payload of `presence_diff`: metas that came and metas that went."""

    joins: State = field(default_factory=dict)
    leaves: State = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.joins or self.leaves)

    def payload(self) -> dict[str, State]:
        return {"joins": self.joins, "leaves": self.leaves}


class Presence:
    def __init__(self) -> None:
        self._here: dict[str, dict[str, Present]] = {}

    def state(self) -> State:
        """The payload of `presence_state`. Costs as much as there are people here: ask once a join."""
        return entries(self.seen())

    def seen(self, user_id: str | None = None) -> list[Present]:
        """Those who do not hide; of one user, or of all."""
        those = self._here.values() if user_id is None else (self._here.get(user_id, {}),)
        return [present for sockets in those for present in sockets.values() if not present.hidden]

    def is_here(self, user_id: str) -> bool:
        return user_id in self._here

    def come(self, present: Present) -> Difference:
        self._here.setdefault(present.user_id, {})[present.phx_ref] = present
        return Difference() if present.hidden else Difference(joins=entries([present]))

    def go(self, user_id: str, phx_ref: str) -> Difference:
        sockets = self._here.get(user_id, {})
        present = sockets.pop(phx_ref, None)
        if not sockets:
            self._here.pop(user_id, None)
        return Difference() if present is None or present.hidden else Difference(leaves=entries([present]))

    def hide(self, user_id: str, hidden: bool) -> Difference:
        """Hides or shows every socket of a user; only what changes is told."""
        sockets = self._here.get(user_id, {})
        changed = [replace(present, hidden=hidden) for present in sockets.values() if present.hidden is not hidden]
        for present in changed:
            sockets[present.phx_ref] = present
        if not changed:
            return Difference()
        return Difference(leaves=entries(changed)) if hidden else Difference(joins=entries(changed))

    def rename(self, user_id: str, display_name: str) -> None:
        """For those who join later; those who are here are told by an event of its own."""
        sockets = self._here.get(user_id, {})
        for phx_ref, present in sockets.items():
            sockets[phx_ref] = replace(present, display_name=display_name)


def entries(those: Iterable[Present]) -> State:
    state: State = {}
    for present in those:
        state.setdefault(present.user_id, {"metas": []})["metas"].append(present.meta())
    return state
