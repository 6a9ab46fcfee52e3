"""The whole chat on several nodes of one machine: one database, be it a file or a server, and one Valkey."""

import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.chat.house import DEFAULTS, GENERAL, Device
from tests.chat.marker import apart
from tests.chat.process import registration
from tests.chat.several import Several, several, sockets_of
from tests.live.node import closing, until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(database: str, tmp_path: Path, redis_url: str) -> AsyncIterator[Several]:
    where = DEFAULTS["CHAT_DATABASE_URL"] if database == "postgresql" else "sqlite:///chat.db"
    environment = {"CHAT_DATABASE_URL": where, "CHAT_REDIS_URL": apart(redis_url), "CHAT_SECRETS": "chat.secrets"}
    async with several("serve", folder=tmp_path, nodes=2, **environment) as house:
        yield house


def dial(house: Several, token: str) -> connect:
    address = f"{house.url.replace('http', 'ws')}/backend/socket/websocket?vsn=2.0.0&token={token}"
    return connect(address, proxy=None, compression=None)


async def one_on_each(house: Several, token: str, stack: AsyncExitStack) -> list[ClientConnection]:
    """Sockets of one session, each on another node."""
    nodes = [house.node(1), house.node(2)]
    found: dict[int, ClientConnection] = {}
    while len(found) < len(nodes):
        before = {pid: sockets_of(pid) for pid in nodes}
        line = await stack.enter_async_context(dial(house, token))
        # Whoever answered the handshake has it, and nobody else connects meanwhile.
        [pid] = [pid for pid in nodes if sockets_of(pid) > before[pid]]
        found.setdefault(pid, line)
    return [found[pid] for pid in nodes]


async def test_a_sign_out_reaches_the_sockets_on_every_node(house: Several) -> None:
    ada = await registration(f"{house.url}/backend", "ada")
    async with AsyncExitStack() as stack:
        lines = await one_on_each(house, ada["auth_token"], stack)
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{house.url}/backend/api/signout", json={"token": ada["refresh_token"]})
            assert answer.status_code == 204
        for line in lines:
            assert await closing(line) == (4401, "signed_out")


async def test_people_on_different_nodes_see_each_other(house: Several) -> None:
    async with AsyncExitStack() as stack:
        people = [await registration(f"{house.url}/backend", name) for name in ("ada", "ben")]
        first, _ = await one_on_each(house, people[0]["auth_token"], stack)
        _, second = await one_on_each(house, people[1]["auth_token"], stack)
        device = Device(first)
        assert (await device.join(GENERAL))["status"] == "ok"
        await Device(second).join(GENERAL)
        while True:
            frame = await device.next()
            if frame[3] == "presence_diff" and people[1]["user"]["id"] in frame[4]["joins"]:
                return


async def test_sigterm_closes_the_sockets_of_all_nodes_with_1012_and_all_end_in_time(house: Several) -> None:
    ada = await registration(f"{house.url}/backend", "ada")
    async with AsyncExitStack() as stack:
        lines = await one_on_each(house, ada["auth_token"], stack)
        house.process.send_signal(signal.SIGTERM)
        with anyio.fail_after(10):
            for line in lines:
                assert (await closing(line))[0] == 1012
            assert await house.end() == 0
    assert house.process.stdout is not None
    said = house.process.stdout.read()
    assert all(json.loads(line) for line in said.splitlines())
    assert ada["auth_token"] not in said


async def test_who_is_sent_away_by_a_renewal_finds_a_node_at_once(house: Several) -> None:
    ada = await registration(f"{house.url}/backend", "ada")
    async with AsyncExitStack() as stack:
        lines = await one_on_each(house, ada["auth_token"], stack)
        house.process.send_signal(signal.SIGHUP)
        for line in lines:
            assert (await closing(line))[0] == 1012
            device = Device(await stack.enter_async_context(dial(house, ada["auth_token"])))
            assert (await device.join(GENERAL))["status"] == "ok"
        await house.says("all nodes are new")
        await until(lambda: {number: len(pids) for number, pids in house.nodes().items()} == {1: 1, 2: 1})


async def test_a_node_that_is_killed_takes_its_own_sockets_along_and_no_other(house: Several) -> None:
    ada = await registration(f"{house.url}/backend", "ada")
    async with AsyncExitStack() as stack:
        lost, kept = await one_on_each(house, ada["auth_token"], stack)
        os.kill(house.node(1), signal.SIGKILL)
        assert (await closing(lost))[0] in (0, 1006)
        assert (await Device(kept).join(GENERAL))["status"] == "ok"
        await house.says("node 1 serves again")
        device = Device(await stack.enter_async_context(dial(house, ada["auth_token"])))
        assert (await device.join(GENERAL))["status"] == "ok"
