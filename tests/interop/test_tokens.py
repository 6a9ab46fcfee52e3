"""Tokens that expire under an open socket: what the stock client is told, and how it is mended without a person."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.interop.conftest import Connect, SignIn, connected_as_documented, house_for
from tests.interop.site import Site
from tests.interop.stock import GENERAL, INVALID_TOKEN, OK, SENT, Machine, Person
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

LIFE = 5
"""Seconds. Long enough to connect in, on a machine that has other things to do."""


@pytest.fixture(scope="module")
async def house(site: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_for(site, tmp_path_factory.mktemp("house"), auth_token_seconds=LIFE) as house:
        yield house


async def name_of(api: httpx2.AsyncClient, person: Person) -> str:
    return str((await api.get("/api/me", headers=person.bearer)).json()["user"]["display_name"])


async def refreshed(api: httpx2.AsyncClient, person: Person) -> Person:
    answer = await api.post("/auth/refresh", json={"token": person.signed_in["refresh_token"]})
    assert answer.status_code == 200, answer.text
    return Person(answer.json())


async def expiry(api: httpx2.AsyncClient, person: Person) -> None:
    async def is_over() -> bool:
        return (await api.get("/api/me", headers=person.bearer)).status_code == 401

    await until(is_over)


async def test_an_expired_token_does_nothing_until_a_new_one_is_shown(
    sign_in: SignIn, connect: Connect, api: httpx2.AsyncClient
) -> None:
    ada = await sign_in("Ada")
    client = await connect(ada, GENERAL, ada.own)
    await expiry(api, ada)
    assert await client.push(GENERAL, "set_display_name", {"display_name": "Nobody"}) == INVALID_TOKEN
    assert await client.push(ada.own, "renew", {"token": ada.token}) == INVALID_TOKEN
    assert await client.join(f"user:{ada.id}") == INVALID_TOKEN
    # That was a second channel of the same topic: the client itself has left the first one for it.
    assert await client.leave(ada.own) == OK
    newer = await refreshed(api, ada)
    assert await name_of(api, newer) == "Ada"

    assert await client.join(ada.own, {"token": newer.token}) == OK
    assert await client.push(ada.own, "renew", {"token": newer.token}) == SENT
    assert await client.push(GENERAL, "set_display_name", {"display_name": "Ada L."}) == SENT
    assert await name_of(api, newer) == "Ada L."
    assert (await client.state())["opens"] == 1


async def test_a_push_is_judged_by_the_token_that_it_brings(
    sign_in: SignIn, connect: Connect, api: httpx2.AsyncClient
) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    client = await connect(ada, GENERAL, ada.own)
    renamed = {"display_name": "Ada L."}
    assert await client.push(GENERAL, "set_display_name", {**renamed, "token": grace.token}) == INVALID_TOKEN
    assert await client.push(ada.own, "renew", {"token": grace.token}) == INVALID_TOKEN
    await expiry(api, ada)
    newer = await refreshed(api, ada)
    assert await client.push(GENERAL, "set_display_name", {**renamed, "token": newer.token}) == SENT


async def test_the_documented_client_renews_once_for_all_and_repeats(
    machine: Machine, sign_in: SignIn, api: httpx2.AsyncClient, house: House, site: Site
) -> None:
    ada = await sign_in("Ada")
    client = await connected_as_documented(machine, house, ada, site)
    await until(client.is_open)
    await client.join_as_documented(GENERAL)
    await client.hears(GENERAL, "presence_state")
    await expiry(api, ada)
    pushes = [client.push_as_documented(GENERAL, "set_display_name", {"display_name": f"Ada {n}"}) for n in range(5)]
    assert await asyncio.gather(*pushes) == [SENT] * 5
    state = await client.state()
    assert (state["refreshes"], state["opens"]) == (1, 1)
    assert await client.push_as_documented(GENERAL, "no_such_event") == ["error", "unknown_event"]
    await client.close()


async def test_the_documented_client_joins_with_a_token_that_it_has_to_renew_first(
    machine: Machine, sign_in: SignIn, api: httpx2.AsyncClient, house: House, site: Site
) -> None:
    ada = await sign_in("Ada")
    client = await connected_as_documented(machine, house, ada, site)
    await until(client.is_open)
    await expiry(api, ada)
    await client.join_as_documented(GENERAL)
    await client.hears(GENERAL, "presence_state")
    heard = (await client.topic(GENERAL))["heard"]
    *tries, last = [payload["response"] for event, payload in heard if event == "phx_reply"]
    # The client joins again after a second, whether the refresh has been answered by then or not.
    assert (set(tries), last) == ({"invalid_token"}, {})
    await client.close()
