"""Several nodes in one process: each with a real server, on one database and one Valkey, to which each has its own wire
that can be cut."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from chat.app import Chat
from tests.backing.valkey import ValkeyServer
from tests.backing.wire import Wire
from tests.chat.house import Device, House, Person, opened
from tests.chat.marker import apart, settled
from tests.live.node import until


@dataclass
class Town:
    houses: list[House]
    wires: list[Wire]

    def __getitem__(self, number: int) -> House:
        return self.houses[number]

    @property
    def nodes(self) -> list[Chat]:
        return [house.chat for house in self.houses]

    async def person(self, name: str) -> Person:
        return await self.houses[0].person(name)

    @contextlib.asynccontextmanager
    async def device(self, number: int, person: Person, *topics: str) -> AsyncIterator[Device]:
        """On that node. What it hears is what had been told by then on any."""
        async with self.houses[number].device(person) as device:
            device.settle = self.settle
            for topic in topics:
                assert (await device.join(topic))["status"] == "ok"
            await device.heard()
            yield device

    async def settle(self) -> None:
        await settled(*self.nodes)


@contextlib.asynccontextmanager
async def open_town(count: int, database_url: str, valkey: ValkeyServer, folder: Path) -> AsyncIterator[Town]:
    redis_url = apart(valkey.url)
    async with contextlib.AsyncExitStack() as stack:
        houses, wires = [], []
        for _ in range(count):
            wire = await stack.enter_async_context(Wire.to(valkey.url))
            house = await stack.enter_async_context(
                opened(
                    CHAT_DATABASE_URL=database_url,
                    CHAT_REDIS_URL=wire.through(redis_url),
                    CHAT_SECRETS=str(folder / "secrets"),
                )
            )
            houses.append(house)
            wires.append(wire)
        await until(lambda: all(len(house.chat.attendance._company._others) == count - 1 for house in houses))
        yield Town(houses, wires)
