"""PostgreSQL that goes, hangs, refuses, fills up and fails over; and wires to it that break in every way."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from tests.backing.postgres import PostgresServer
from tests.faults.failover import fail_over
from tests.faults.house import House
from tests.faults.node import Node

PATIENCE = 40.0


class DatabaseFaults:
    def __init__(self, house: House, dice: random.Random) -> None:
        self.house = house
        self.dice = dice
        self.turn = asyncio.Lock()
        """The server itself has one trouble at a time."""

    def faults(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "a node is cut off from PostgreSQL": self.cut_one,
            "a node's wire to PostgreSQL hangs": self.hang_one,
            "PostgreSQL is slow": self.slow,
            "answers of PostgreSQL are lost": self.lose_answers,
            "connections to PostgreSQL die silently": self.deafen,
            "PostgreSQL stops immediately": self.stop_immediately,
            "PostgreSQL is out of connections": self.use_up_connections,
            "PostgreSQL is read-only": self.read_only,
            "PostgreSQL's disk is full": self.fill_disk,
            "PostgreSQL fails over": self.fail_over,
        }

    @property
    def server(self) -> PostgresServer:
        assert self.house.postgres is not None
        return self.house.postgres

    def _one(self) -> Node:
        return self.dice.choice(self.house.nodes)

    async def _for(self, *nodes: Node, seconds: float, then: Callable[[], None], is_cut: bool = True) -> None:
        self.house.ledger.done["cuts"] += len(nodes)
        self.house.bounds.trouble(*nodes, is_cut=is_cut)
        await asyncio.sleep(seconds)
        self.house.bounds.over(*nodes)
        then()

    async def cut_one(self) -> None:
        """Alone, and long enough for it to know that it cannot know."""
        node = self._one()
        node.wires["database"].cut()
        await self._for(node, seconds=self.dice.choice([2, 14]), then=node.wires["database"].mend)

    async def hang_one(self) -> None:
        node = self._one()
        node.wires["database"].hang()
        await self._for(node, seconds=self.dice.choice([3, 14]), then=node.wires["database"].mend)

    async def slow(self) -> None:
        for node in self.house.nodes:
            node.wires["database"].delay(self.dice.uniform(0.01, 0.3))

        def quick() -> None:
            for node in self.house.nodes:
                node.wires["database"].mend()

        await self._for(*self.house.nodes, seconds=5, then=quick, is_cut=False)

    async def lose_answers(self) -> None:
        """What was written is written, and nobody learns of it."""
        node = self._one()
        wire = node.wires["database"]
        wire.lose_answers()
        await self._for(node, seconds=self.dice.uniform(1, 3), then=wire.mend, is_cut=False)

    async def deafen(self) -> None:
        """That of LISTEN among them. Who waits for an answer there waits in vain."""
        node = self._one()
        node.wires["database"].drop_silently()
        await self._for(node, seconds=6, then=lambda: None, is_cut=False)

    async def stop_immediately(self) -> None:
        async with self.turn:
            server = self.server
            self.house.bounds.trouble(*self.house.nodes)
            await asyncio.to_thread(server.stop, "immediate")
            await asyncio.sleep(self.dice.choice([0, 1, 13]))
            await asyncio.to_thread(server.start)
            self.house.bounds.over(*self.house.nodes)
            self.house.ledger.done["restarts of PostgreSQL"] += 1

    async def use_up_connections(self) -> None:
        """Others hold all that there are; the nodes are thrown off theirs, and get none."""
        async with self.turn:
            self.house.bounds.trouble(*self.house.nodes, is_cut=False)
            held: list[asyncpg.Connection] = []
            ends = self.house.ledger.now() + self.dice.choice([3, 8])
            while self.house.ledger.now() < ends:
                await self._grab(held)
                await asyncio.sleep(0.2)
            self.house.bounds.over(*self.house.nodes)
            for each in held:
                each.terminate()

    async def _grab(self, held: list[asyncpg.Connection]) -> None:
        try:
            while True:
                held.append(await asyncpg.connect(self.server.url(), timeout=5))
                if len(held) == 1:
                    await held[0].execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'latchstring'"
                    )
        except (asyncpg.PostgresError, OSError):
            return

    async def read_only(self) -> None:
        async with self.turn:
            self.house.bounds.trouble(*self.house.nodes, is_cut=False)
            await asyncio.to_thread(self.server.configure, default_transaction_read_only="on")
            await asyncio.sleep(self.dice.choice([2, 6]))
            await asyncio.to_thread(self._writable)
            self.house.bounds.over(*self.house.nodes)

    def _writable(self) -> None:
        """A session that is read-only by default may still say otherwise for itself."""
        self.server.configure(default_transaction_read_only="")

    async def fill_disk(self) -> None:
        """On a disk of its own, which is there only where we are root (house.py)."""
        if self.house.disk is None:
            self.house.ledger.done["left out: a full disk, since we are not root"] += 1
            return
        async with self.turn:
            filler = self.house.disk / "filler"
            self.house.bounds.trouble(*self.house.nodes, is_cut=False)
            await asyncio.to_thread(_fill, filler)
            await asyncio.sleep(self.dice.choice([3, 8]))
            filler.unlink()
            # Where it was the log that had no room, the server has gone down.
            await asyncio.to_thread(self.server.restart)
            self.house.bounds.over(*self.house.nodes)

    async def fail_over(self) -> None:
        async with self.turn:
            await fail_over(self.house)


def _fill(filler: Path) -> None:
    """To the last byte."""
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
