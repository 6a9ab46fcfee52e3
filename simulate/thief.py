"""A thief who has copied the jar once, and tries to stay in."""

from dataclasses import dataclass
from typing import Literal

from latchstring.issuing import TokenPair
from simulate.browser import Browser
from simulate.server import Server
from simulate.world import DAY, HOUR, MINUTE, SECOND, World

Kind = Literal["immediate", "patient", "lock-step"]
KINDS: tuple[Kind, ...] = ("immediate", "patient", "lock-step")


@dataclass
class Loot:
    """What came of it. Times are None until they happen."""

    first_use: int | None = None
    last_use: int | None = None
    last_minted: int | None = None
    over_at: int | None = None


class Thief:
    """Immediate: presents within a minute. Patient: waits for hours or days. Lock-step: renews as the victim's own
    client does, at a blind guess of its moment. All go on for as long as anything is accepted."""

    def __init__(self, world: World, server: Server, victim: Browser, kind: Kind) -> None:
        self._world = world
        self._server = server
        self._victim = victim
        self._kind = kind
        self._held: str | None = None
        self.loot = Loot()
        world.after(world.between(HOUR, 4 * DAY), self._copy)

    def _copy(self) -> None:
        if self._victim.signed_out is not None:
            return
        self._held = self._victim.jar
        waits = {
            "immediate": (0, MINUTE),
            "patient": (6 * HOUR, 2 * DAY),
            "lock-step": (20 * MINUTE, 28 * MINUTE),
        }
        self._world.after(self._world.between(*waits[self._kind]), self._present)

    def _present(self) -> None:
        if self._held is None:
            return
        answer = self._server.refresh(self._held)
        if isinstance(answer, TokenPair):
            self._held = answer.refresh_token
            self.loot.last_minted = self._world.now
            self._world.after(self._world.between(5, SECOND), lambda: self._use(answer))
            self._world.after(self._world.between(25 * MINUTE, 28 * MINUTE), self._present)
        elif answer == "retry":
            self._world.after(SECOND, self._present)
        else:
            self._held = None
            self.loot.over_at = self._world.now

    def _use(self, pair: TokenPair) -> None:
        if self._server.use(pair.auth_token):
            self.loot.first_use = self.loot.first_use or self._world.now
            self.loot.last_use = self._world.now
