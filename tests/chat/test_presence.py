"""Presence as bookkeeping: whoever adds up what was told has what is there, and nobody who hides is in any of it."""

from collections.abc import Sequence
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from chat.channels.presence import Difference, Presence, Present, State

USERS = st.sampled_from(["anna", "berta", "clara"])


def phoenix_adds(state: State, difference: Difference) -> State:
    """As the published client's `Presence.syncDiff` does: joins first, each meta once by its phx_ref; then leaves."""
    told: Any = difference.payload()
    added = {user: list(entry["metas"]) for user, entry in state.items()}
    for user, entry in told["joins"].items():
        new = {meta["phx_ref"] for meta in entry["metas"]}
        kept = [meta for meta in added.get(user, []) if meta["phx_ref"] not in new]
        added[user] = kept + entry["metas"]
    for user, entry in told["leaves"].items():
        gone = {meta["phx_ref"] for meta in entry["metas"]}
        added[user] = [meta for meta in added.get(user, []) if meta["phx_ref"] not in gone]
    return {user: {"metas": metas} for user, metas in added.items() if metas}


def by_ref(state: State) -> dict[str, dict[str, dict[str, str]]]:
    return {user: {meta["phx_ref"]: meta for meta in entry["metas"]} for user, entry in state.items()}


class Rooms(RuleBasedStateMachine):
    """One who was here from the beginning, and one who came late: both see the same."""

    sockets: Bundle[tuple[str, str]] = Bundle("sockets")

    def __init__(self) -> None:
        super().__init__()
        self.presence = Presence()
        self.added_up: State = {}
        self.names: dict[str, str] = {}
        self.hidden: dict[tuple[str, str], bool] = {}
        self.count = 0

    def hear(self, difference: Difference, allowed: Sequence[str]) -> None:
        told = difference.payload()
        assert set(told["joins"]) | set(told["leaves"]) <= set(allowed)
        assert bool(difference) == bool(told["joins"] or told["leaves"])
        self.added_up = phoenix_adds(self.added_up, difference)

    @rule(target=sockets, user=USERS, hidden=st.booleans())
    def come(self, user: str, hidden: bool) -> tuple[str, str]:
        self.count += 1
        socket = (user, f"socket {self.count}")
        self.hidden[socket] = hidden
        present = Present(*socket, f"at {self.count}", self.names.get(user, user), hidden)
        self.hear(self.presence.come(present), () if hidden else (user,))
        return socket

    @rule(socket=consumes(sockets))
    def go(self, socket: tuple[str, str]) -> None:
        was_hidden = self.hidden.pop(socket)
        self.hear(self.presence.go(*socket), () if was_hidden else socket[:1])

    @rule(user=USERS)
    def go_without_having_come(self, user: str) -> None:
        self.hear(self.presence.go(user, "nobody's"), ())

    @rule(user=USERS, hidden=st.booleans())
    def hide(self, user: str, hidden: bool) -> None:
        theirs = [socket for socket in self.hidden if socket[0] == user]
        changes = any(self.hidden[socket] is not hidden for socket in theirs)
        self.hidden.update(dict.fromkeys(theirs, hidden))
        difference = self.presence.hide(user, hidden)
        assert bool(difference) == changes
        self.hear(difference, (user,))

    @rule(user=USERS, name=st.text(min_size=1, max_size=3))
    def rename(self, user: str, name: str) -> None:
        """Told by an event of its own, which whoever listens applies to the metas that they hold."""
        self.names[user] = name
        self.presence.rename(user, name)
        for meta in self.added_up.get(user, {"metas": []})["metas"]:
            meta["display_name"] = name

    @invariant()
    def the_state_is_the_sum_of_what_was_told(self) -> None:
        assert by_ref(self.presence.state()) == by_ref(self.added_up)

    @invariant()
    def whoever_is_seen_is_here_and_does_not_hide(self) -> None:
        seen = {(user, ref) for user, metas in by_ref(self.presence.state()).items() for ref in metas}
        assert seen == {socket for socket, hidden in self.hidden.items() if not hidden}

    @invariant()
    def nothing_is_kept_of_who_is_away(self) -> None:
        assert set(self.presence._here) == {user for user, _ in self.hidden}


TestRooms = Rooms.TestCase
TestRooms.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_a_difference_without_anybody_is_not_worth_telling() -> None:
    assert not Difference()
    assert Difference().payload() == {"joins": {}, "leaves": {}}
