"""The stock client on both machines, and a real server for a module of tests.

`make interop` runs them, and installs what they need. Nothing here skips: what is missing fails."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser

from tests.interop.site import HERE, PACKAGES, Site, documented_client, open_site
from tests.interop.stock import Chromium, Client, Machine, Node, Person
from tests.stories import people
from tests.stories.servers import House, open_house
from tests.stories.waiting import until

Connect = Callable[..., Awaitable[Client]]
SignIn = Callable[..., Awaitable[Person]]

# A word of its own: `make test` needs neither Node nor npm.
collect_ignore_glob = [] if os.environ.get("INTEROP") else ["test_*.py"]

WAYS = ["params", "authToken"]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    assert path is not None, "There is no Chromium here; `make interop` installs it."
    return path


@pytest.fixture(scope="module")
async def site(anyio_backend: str) -> AsyncIterator[Site]:
    async with open_site() as site:
        yield site


@pytest.fixture(scope="module")
async def house(site: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_for(site, tmp_path_factory.mktemp("house")) as house:
        yield house


@asynccontextmanager
async def house_for(site: Site, folder: Path, *, auth_token_seconds: int = 1800) -> AsyncIterator[House]:
    """One that lets the site's pages in. Not throttled: dozens of people register from one address here."""
    settings = {"CHAT_ALLOWED_ORIGINS": site.url, "CHAT_AUTH_TOKEN_SECONDS": str(auth_token_seconds)}
    async with open_house(folder, CHAT_THROTTLE="off", **settings) as house:  # type: ignore[arg-type]
        site.api = house.api
        yield house


@asynccontextmanager
async def running_node(folder: Path) -> AsyncIterator[Node]:
    """With the driver and the documented client beside the packages, so that it finds them as any project does."""
    (folder / "node_modules").symlink_to(PACKAGES)
    for script in ("driver.mjs", "node.mjs"):
        shutil.copy(HERE / script, folder)
    (folder / "client.mjs").write_text(documented_client())
    pipe = asyncio.subprocess.PIPE
    node = Node(await asyncio.create_subprocess_exec("node", "node.mjs", cwd=folder, stdin=pipe, stdout=pipe))
    try:
        yield node
    finally:
        assert await node.close() == 0, "Node failed; what it said is above."


@asynccontextmanager
async def running_page(browser: Browser, site: Site) -> AsyncIterator[Chromium]:
    page = await browser.new_page()
    chromium = Chromium(page)
    await page.goto(f"{site.url}/")
    await page.wait_for_function("globalThis.driver")
    yield chromium
    await page.close()
    assert chromium.errors == []


@pytest.fixture(params=["node", "chromium"])
async def machine(
    request: pytest.FixtureRequest, chromium: Browser, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Machine]:
    if request.param == "node":
        async with running_node(tmp_path_factory.mktemp("node")) as node:
            yield node
    else:
        async with running_page(chromium, site) as page:
            yield page


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """How the token comes to the server."""
    return str(request.param)


_names = count(1)


async def connected(machine: Machine, house: House, way: str, token: str) -> Client:
    """Not awaited: whether it opens is the test's question."""
    client = Client(machine, f"client-{next(_names)}")
    await machine.call("open", client.name, socket_of(house), way, token)
    return client


async def connected_as_documented(machine: Machine, house: House, person: Person, site: Site) -> Client:
    client = Client(machine, f"client-{next(_names)}")
    await machine.call("openAsDocumented", client.name, socket_of(house), person.signed_in, f"{site.url}/refresh")
    return client


def socket_of(house: House) -> str:
    """As the stock client wants it: it adds `/websocket` itself."""
    return house.socket.removesuffix("/websocket")


@pytest.fixture
async def api(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=house.api, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
def sign_in(api: httpx2.AsyncClient) -> SignIn:
    """`await sign_in("Ada")`: somebody new. `await sign_in(ada)`: another device of hers."""
    known: dict[str, people.Person] = {}

    async def sign(who: str | Person) -> Person:
        if isinstance(who, Person):
            answer = await api.post("/auth/login", json=known[who.id].credentials)
            assert answer.status_code == 200, answer.text
            return Person(answer.json())
        person = people.Person(who)
        signed_in = Person(await people.register_by_wire(api, person))
        known[signed_in.id] = person
        return signed_in

    return sign


@pytest.fixture
async def connect(machine: Machine, way: str, house: House) -> AsyncIterator[Connect]:
    """`await connect(ada)`: the stock client with her token, open."""
    async with AsyncExitStack() as stack:

        async def open_one(person: Person, *topics: str) -> Client:
            client = await connected(machine, house, way, person.token)
            stack.push_async_callback(client.close)
            await until(client.is_open)
            for topic in topics:
                answer: list[Any] = await client.join(topic)
                assert answer[0] == "ok", answer
            return client

        yield open_one
