"""Nodes that are killed, stopped and frozen, and whose clocks are wrong."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from tests.faults.house import House
from tests.faults.node import Node

SECOND = 1000
HOUR = 3600 * SECOND
MONTH = 31 * 24 * HOUR

LONG_STANDSTILL = "a node stands still for long"


class NodeFaults:
    def __init__(self, house: House, dice: random.Random) -> None:
        self.house = house
        self.dice = dice
        self._clock_is_right = asyncio.Event()
        self._clock_is_right.set()

    def faults(self) -> dict[str, Callable[[], Awaitable[None]]]:
        those: dict[str, Callable[[], Awaitable[None]]] = {
            "kill -9 of a node": self.kill_one,
            "kill -9 of all nodes": self.kill_all,
            "a node is restarted": self.restart_one,
            "a node stands still": self.freeze_one,
            LONG_STANDSTILL: self.freeze_for_long,
        }
        if self.house.postgres:
            those["clocks five seconds apart"] = self.clocks_apart
            those["a clock jumps back an hour"] = self.clock_back
            those["a clock is a month ahead"] = self.clock_ahead
        else:
            # On SQLite all processes have the one clock of their machine, and its leaps are the machine's.
            those["the machine's clock jumps back an hour"] = self.machine_back
            those["the machine's clock is a month ahead"] = self.machine_ahead
        return those

    async def kill_one(self) -> None:
        for _ in range(self.dice.randint(1, 3)):
            await self._kill(self.dice.choice(self.house.nodes))

    async def _kill(self, *nodes: Node) -> None:
        for node in nodes:
            node.kill()
            self.house.ledger.done["kills"] += 1
        await asyncio.sleep(self.dice.uniform(0, 2))
        # A machine alone cannot know better when it starts: that is not promised.
        await self._clock_is_right.wait()
        for node in nodes:
            node.start()
        await asyncio.gather(*(node.ready() for node in nodes))

    async def kill_all(self) -> None:
        await self._kill(*self.house.nodes)

    async def restart_one(self) -> None:
        node = self.dice.choice(self.house.nodes)
        await node.stop()
        await self._clock_is_right.wait()
        node.start()
        self.house.ledger.done["restarts"] += 1
        await node.ready()

    async def freeze_one(self) -> None:
        """SIGSTOP: it does nothing for a while, and then goes on as if nothing had been."""
        await self._freeze(self.dice.choice([1, 0.4 * self.house.plan.straggler]))

    async def freeze_for_long(self) -> None:
        """Longer than a straggler is waited for: what was sent to it before is old when it is read."""
        await self._freeze(2 * self.house.plan.straggler)

    async def _freeze(self, seconds: float) -> None:
        node = self.dice.choice(self.house.nodes)
        self.house.bounds.trouble(node, is_cut=False)
        node.pause()
        await asyncio.sleep(seconds)
        node.resume()
        await asyncio.sleep(1)
        self.house.bounds.over(node)

    async def clocks_apart(self) -> None:
        await self._set_clocks([0, 5 * SECOND, -5 * SECOND])

    async def clock_back(self) -> None:
        await self._set_clocks([0, 0, -HOUR])

    async def clock_ahead(self) -> None:
        await self._set_clocks([0, 0, MONTH])

    async def _set_clocks(self, offsets: list[int]) -> None:
        """They jump while the nodes run; one node starts anew on a wrong clock, and lives to see it jump back."""
        self.dice.shuffle(offsets)
        for node, off in zip(self.house.nodes, offsets, strict=False):
            node.set_clock(off)
        await asyncio.sleep(self.dice.uniform(1, 6))
        wrong = next(node for node, off in zip(self.house.nodes, offsets, strict=False) if off)
        await self._kill(wrong)
        await asyncio.sleep(self.dice.uniform(2, 7))
        for node in self.house.nodes:
            node.set_clock(0)

    async def machine_back(self) -> None:
        await self._leap(-HOUR)

    async def machine_ahead(self) -> None:
        await self._leap(MONTH)

    async def _leap(self, off: int) -> None:
        """For all that run, and back again."""
        await self._all_right()
        self._clock_is_right.clear()
        for node in self.house.nodes:
            node.set_clock(off)
        await asyncio.sleep(self.dice.uniform(2, 8))
        for node in self.house.nodes:
            node.set_clock(0)
        # It is looked for every 50 ms.
        await asyncio.sleep(0.2)
        self._clock_is_right.set()

    async def _all_right(self) -> None:
        """Returns when every node that is wanted serves."""
        await self._clock_is_right.wait()
        await asyncio.gather(*(node.ready() for node in self.house.nodes if node.is_wanted))
