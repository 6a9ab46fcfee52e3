"""What goes wrong, one thing after the other and several at once, as a seed says. A fault is over when it returns."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from tests.faults.database_faults import DatabaseFaults
from tests.faults.house import House
from tests.faults.node_faults import NodeFaults
from tests.faults.valkey_faults import ValkeyFaults

Fault = Callable[[], Awaitable[None]]


class Faults:
    def __init__(self, house: House) -> None:
        self.house = house
        self.ledger = house.ledger
        self.dice = random.Random(f"{house.plan.seed} faults")
        kinds: list[NodeFaults | DatabaseFaults | ValkeyFaults] = [NodeFaults(house, self.dice)]
        kinds += [DatabaseFaults(house, self.dice)] if house.postgres else []
        kinds += [ValkeyFaults(house, self.dice)] if house.valkey else []
        every: dict[str, Fault] = {name: fault for kind in kinds for name, fault in kind.faults().items()}
        wanted = house.plan.faults
        if unknown := set(wanted) - set(every):
            raise ValueError(f"no such faults on {house.plan.store}: {sorted(unknown)}; there are {sorted(every)}")
        self._faults = {name: every[name] for name in wanted or every}

    async def run(self, seconds: float) -> None:
        """Each of them once, in an order of the seed's, and then again, until the time is up."""
        until = self.ledger.now() + seconds
        is_first = True
        while is_first or self.ledger.now() < until:
            names = sorted(self._faults)
            self.dice.shuffle(names)
            while names and (is_first or self.ledger.now() < until):
                together = 2 if len(names) > 1 and self.dice.random() < self.house.plan.together else 1
                some, names = names[:together], names[together:]
                await asyncio.gather(*(self._one(name) for name in some))
                await asyncio.sleep(self.dice.uniform(0.5, 3))
            is_first = False

    async def _one(self, name: str) -> None:
        self.ledger.tell(f"{name} begins")
        await self._faults[name]()
        self.ledger.done[f"fault: {name}"] += 1
        self.ledger.tell(f"{name} is over")
