"""What is told of who comes and goes, added up: thousands who leave at once are one `presence_diff` for those who stay.

A telling costs as much as there are who have to be told, so the more there are, the longer it waits for what else
comes. Where they are few it is a moment, and what comes in one turn of the loop is told together in any case.
"""

import asyncio

from chat.channels.hub import Hub
from chat.channels.presence import Difference, Meta, State

TELL_SECONDS = 0.1
"""From one telling to the next, at least."""

EACH_SECONDS = 0.0001
"""Before each telling, for each who is told: it takes up a part of the computing, however many come and go; and whoever
goes with others is gone by then, and not told of them."""


class Sum:
    """What became of each socket last. Whoever came and went has gone, and whoever went and came has come: clients take
    joins before leaves, and a join of whom they know as the news of them."""

    def __init__(self) -> None:
        self._joins: dict[str, tuple[str, Meta]] = {}
        self._leaves: dict[str, tuple[str, Meta]] = {}

    def __bool__(self) -> bool:
        return bool(self._joins or self._leaves)

    def add(self, difference: Difference) -> None:
        for user_id, meta in _metas(difference.joins):
            self._leaves.pop(meta["phx_ref"], None)
            self._joins[meta["phx_ref"]] = user_id, meta
        for user_id, meta in _metas(difference.leaves):
            self._joins.pop(meta["phx_ref"], None)
            self._leaves[meta["phx_ref"]] = user_id, meta

    def take(self) -> Difference:
        joins, leaves = self._joins, self._leaves
        self._joins, self._leaves = {}, {}
        return Difference(_state(joins), _state(leaves))


class Differences:
    """Whoever is shown the state meanwhile is told again what is in it already, and what is not: both add up."""

    def __init__(self, hub: Hub, topic: str) -> None:
        self._hub = hub
        self._topic = topic
        self._sum = Sum()
        self._timer: asyncio.TimerHandle | None = None
        self._earliest = 0.0
        self._is_over = False
        # An event of somebody is behind their coming; a name that was told is not followed by an older one.
        hub.before(topic, self.tell_now)

    @property
    def is_waiting(self) -> bool:
        return bool(self._sum)

    def add(self, difference: Difference) -> None:
        if self._is_over:
            return
        self._sum.add(difference)
        if difference and self._timer is None:
            loop = asyncio.get_running_loop()
            patience = EACH_SECONDS * self._hub.listeners(self._topic)
            self._timer = loop.call_at(max(loop.time() + patience, self._earliest), self.tell_now)

    def tell_now(self) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        self._earliest = asyncio.get_running_loop().time() + TELL_SECONDS
        if difference := self._sum.take():
            self._hub.tell_here(self._topic, "presence_diff", difference.payload())

    def forget(self) -> None:
        """Nobody is here who would have to be told."""
        self._sum.take()

    def stop(self) -> None:
        """Whoever is here is leaving."""
        self._is_over = True
        self.forget()


def _metas(state: State) -> list[tuple[str, Meta]]:
    return [(user_id, meta) for user_id, entry in state.items() for meta in entry["metas"]]


def _state(by_ref: dict[str, tuple[str, Meta]]) -> State:
    state: State = {}
    for user_id, meta in by_ref.values():
        state.setdefault(user_id, {"metas": []})["metas"].append(meta)
    return state
