"""The two legs between a browser and the API tier: each message is late, and some never arrive."""

from collections.abc import Callable
from dataclasses import dataclass

from simulate.world import SECOND, World

TIME_OUT = 4 * SECOND
"""After this long our client gives a refresh up: its connection is reset, and nothing of the exchange arrives later."""


@dataclass(frozen=True)
class Network:
    """`loss` is the chance that a message is lost on its way, over both legs together, in each direction."""

    world: World
    loss: float

    def travel(self, arrive: Callable[[], None]) -> None:
        if self.world.happens(self.loss):
            return
        latency = self.world.between(20, 400)
        if self.world.happens(0.02):
            latency += self.world.between(SECOND, 2 * TIME_OUT)
        self.world.after(latency, arrive)
