"""4408: nobody has renewed the session's auth token for more than a minute. All machines wait for it at once."""

from collections.abc import AsyncIterator

import anyio
import pytest
from playwright.async_api import Browser

from tests.interop.conftest import (
    WAYS,
    SignIn,
    connected,
    connected_as_documented,
    house_for,
    running_node,
    running_page,
)
from tests.interop.site import Site
from tests.interop.stock import GENERAL, OK, Client
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
async def house(site: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_for(site, tmp_path_factory.mktemp("house"), auth_token_seconds=5) as house:
        yield house


async def test_a_session_that_nobody_renews_is_closed_with_4408_and_the_documented_client_comes_back(
    chromium: Browser,
    site: Site,
    house: House,
    sign_in: SignIn,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with running_node(tmp_path_factory.mktemp("node")) as node, running_page(chromium, site) as page:
        machines = (node, page)
        stock, documented = [], []
        for machine in machines:
            for way in WAYS:
                client = await connected(machine, house, way, (await sign_in("Ada")).token)
                await until(client.is_open)
                stock.append(client)
            comeback = await connected_as_documented(machine, house, await sign_in("Grace"), site)
            await until(comeback.is_open)
            await comeback.join_as_documented(GENERAL)
            await comeback.hears(GENERAL, "presence_state")
            documented.append(comeback)
        await anyio.sleep(45)
        for client in (*stock, *documented):
            assert (await client.state())["closes"] == [], "a minute's grace"
            assert await client.ping() < 5_000
        for client in stock:
            await is_closed(client)
            state = await client.state()
            assert state["closes"][0]["code"] == 4408
            assert state["opens"] == 1
            await client.close()
        for client in documented:
            await client.hears(GENERAL, "presence_state", 2)
            state = await client.state()
            assert state["closes"][0]["code"] == 4408
            assert (state["opens"], state["refreshes"]) == (2, 1)
            assert await client.push_as_documented(GENERAL, "set_hidden", {"hidden": True}) == ["ok", "message_sent"]
            assert await client.leave(GENERAL) == OK
            await client.close()


async def is_closed(client: Client) -> None:
    async def so() -> bool:
        return len((await client.state())["closes"]) > 0

    await until(so, 60)
