"""PostgreSQL killed in the middle of refreshes, over and over: what was acknowledged is there when it is back."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from latchstring.errors import StoreUnavailable
from latchstring.testing.desk import Desk, HeldToken
from latchstring.testing.entropy import SeededEntropy
from tests.backing.postgres import PostgresServer
from tests.rows import NOW
from tests.stores.engines import session_store

pytestmark = pytest.mark.anyio
CLIENTS = 8
KILLS = 6


@pytest.fixture
def durable_server() -> Iterator[PostgresServer]:
    server = PostgresServer(durable=True).make()
    yield server
    server.close()


@dataclass
class Client:
    """Rotates for ever. A refresh that is not answered is asked for again, as browsers do."""

    desk: Desk
    token: HeldToken
    now: int = NOW
    acknowledged: int = 0
    refused: int = 0

    async def rotate(self) -> None:
        while True:
            self.now += self.desk.window + 1
            answer = await self._present()
            self.token = answer
            self.acknowledged += 1
            # Half of them are proved by the page, the others by the next refresh.
            if self.token.generation % 2:
                await self._prove()

    async def _present(self) -> HeldToken:
        while True:
            try:
                answer = await self.desk.present(self.token, self.now)
            except StoreUnavailable:
                await self._later()
                continue
            assert answer.token is not None, f"signed out by a fault: {answer.path}"
            return answer.token

    async def _prove(self) -> None:
        try:
            await self.desk.use(self.token, self.now)
        except StoreUnavailable:
            await self._later()

    async def _later(self) -> None:
        self.refused += 1
        await asyncio.sleep(0.01)


def stop_immediately(server: PostgresServer) -> None:
    server.stop("immediate")


def kill_every_process(server: PostgresServer) -> None:
    server.kill()


@pytest.mark.parametrize("end", [stop_immediately, kill_every_process])
async def test_a_rotation_that_was_acknowledged_outlives_a_server_that_is_killed(
    durable_server: PostgresServer, end: Callable[[PostgresServer], None]
) -> None:
    dice = random.Random(11)
    async with session_store(durable_server.url()) as (_, store):
        desk = Desk(store=store, entropy=SeededEntropy(11), idle=10**15)
        clients = [Client(desk, await desk.sign_in(NOW, expires_at=None)) for _ in range(CLIENTS)]
        tasks = [asyncio.create_task(client.rotate()) for client in clients]
        for _ in range(KILLS):
            before = [client.acknowledged for client in clients]
            while any(client.acknowledged <= earlier for client, earlier in zip(clients, before, strict=True)):
                assert not any(task.done() for task in tasks), [task.exception() for task in tasks if task.done()]
                await asyncio.sleep(0.01)
            await asyncio.sleep(dice.uniform(0, 0.1))  # Not to wait for anything: this is the moment at which it dies.
            await asyncio.to_thread(end, durable_server)
            await asyncio.to_thread(durable_server.start)
        for task in tasks:
            task.cancel()
        assert all(
            isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*tasks, return_exceptions=True)
        )
        for client in clients:
            client.now += desk.window + 1
            await client._present()
            assert client.refused > 0
