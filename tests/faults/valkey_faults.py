"""Valkey that forgets, dies, cannot be reached, or says nothing. It is an accelerator: nothing may depend on it."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from tests.backing.valkey import ValkeyServer
from tests.faults.house import House


class ValkeyFaults:
    def __init__(self, house: House, dice: random.Random) -> None:
        self.house = house
        self.dice = dice
        self.turn = asyncio.Lock()

    def faults(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "Valkey is flushed": self.flush,
            "Valkey is killed": self.kill,
            "a node is cut off from Valkey": self.cut_one,
            "a node's wire to Valkey hangs": self.hang_one,
            "connections to Valkey die silently": self.deafen,
            "Valkey stands still": self.pause,
        }

    @property
    def server(self) -> ValkeyServer:
        assert self.house.valkey is not None
        return self.house.valkey

    async def flush(self) -> None:
        async with self.turn:
            await asyncio.to_thread(self.server.flush)

    async def kill(self) -> None:
        async with self.turn:
            self.server.kill()
            self.house.ledger.done["kills of Valkey"] += 1
            await asyncio.sleep(self.dice.choice([0, 2, 8]))
            await asyncio.to_thread(self.server.start)

    async def pause(self) -> None:
        async with self.turn:
            self.server.pause()
            await asyncio.sleep(self.dice.choice([1, 8]))
            self.server.resume()

    async def cut_one(self) -> None:
        wire = self.dice.choice(self.house.nodes).wires["valkey"]
        wire.cut()
        self.house.ledger.done["cuts"] += 1
        await asyncio.sleep(self.dice.choice([1, 8]))
        wire.mend()

    async def hang_one(self) -> None:
        wire = self.dice.choice(self.house.nodes).wires["valkey"]
        wire.hang()
        self.house.ledger.done["cuts"] += 1
        await asyncio.sleep(self.dice.choice([1, 8]))
        wire.mend()

    async def deafen(self) -> None:
        self.dice.choice(self.house.nodes).wires["valkey"].drop_silently()
        self.house.ledger.done["cuts"] += 1
        await asyncio.sleep(3)
