"""SIGTERM: whoever is connected is told to come back, what is under way is finished, and the process ends in time."""

import asyncio
import contextlib
import json
from contextlib import AsyncExitStack

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.stories.conftest import NewPage, OpenHouse
from tests.stories.people import Person, is_live, register, register_by_wire, witnessed
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

SOCKETS = 20


@pytest.mark.parametrize("split", [False, True], ids=["serve", "split"])
async def test_a_server_that_is_told_to_stop_closes_sockets_with_1012_and_ends_in_time(
    build_house: OpenHouse, split: bool
) -> None:
    house = await build_house(split=split)
    async with httpx2.AsyncClient(base_url=house.api, trust_env=False, timeout=20) as api, AsyncExitStack() as stack:
        token = (await register_by_wire(api, Person("Ada")))["auth_token"]
        address = f"{house.socket}?vsn=2.0.0&token={token}"
        sockets = [await stack.enter_async_context(connect(address, proxy=None)) for _ in range(SOCKETS)]
        for socket in sockets:
            await socket.send(json.dumps(["1", "1", "system:general", "phx_join", {}]))
            await socket.recv()
        for server in reversed(house.servers):
            assert await server.terminate(within=10) == 0
        for socket in sockets:
            assert await close_code(socket) == 1012


async def close_code(socket: ClientConnection) -> int | None:
    """Reads all that there is, since a client that does not read never comes to its end."""
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code


async def test_a_page_comes_back_by_itself_when_the_server_was_replaced(
    build_house: OpenHouse, open_page: NewPage
) -> None:
    house = await build_house()
    page = await open_page(house)
    # Those who are sent away by a drain come back spread out; this one is lucky and comes soon.
    await page.add_init_script("Math.random = () => 0.01")
    await register(page, Person("Ada"))
    await is_live(page)
    await page.evaluate("witness.states.length = 0")
    await house.front.restart()
    await until(lambda: witnessed(page, "closes"))
    await is_live(page)
    assert (await witnessed(page, "closes"))[0][0] == 1012
    assert "signed_out" not in await witnessed(page, "states")
