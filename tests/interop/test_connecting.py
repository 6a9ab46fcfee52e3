"""The stock client connects, and where it is refused it keeps its patience."""

import httpx2
import pytest

from tests.interop.conftest import WAYS, Connect, SignIn, connected, house_for
from tests.interop.site import Site
from tests.interop.stock import GENERAL, OK, Client, Machine
from tests.stories.people import Person, register_by_wire
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio


async def test_it_connects_joins_and_its_heart_beats(sign_in: SignIn, connect: Connect, way: str) -> None:
    ada = await sign_in("Ada")
    client = await connect(ada)
    assert (await client.state())["protocol"] == ("phoenix" if way == "authToken" else "")
    assert await client.join(GENERAL) == OK
    assert await client.join(ada.own, {"token": ada.token}) == OK
    assert await client.ping() < 5_000
    assert await client.leave(GENERAL) == OK
    assert (await client.topic(GENERAL))["state"] == "closed"
    assert (await client.state())["opens"] == 1


async def test_a_bad_token_is_refused_before_a_socket_opens_so_that_the_back_off_grows(
    machine: Machine, way: str, house: House
) -> None:
    client = await connected(machine, house, way, "no token of ours")
    await until(lambda: was_refused(client, 8))
    state = await client.state()
    await client.close()
    assert state["opens"] == 0
    assert all("403" in error for error in await machine.why_refused(client))
    assert await machine.why_refused(client)
    tried_at = [close["at"] for close in state["closes"]]
    # Its own pauses are 10, 50, 100, 150, 200, 250 and 500 ms: begun anew at each try, it would be there in 80 ms.
    assert tried_at[7] - tried_at[0] > 1_200


async def test_topics_that_are_not_there_or_another_s_are_refused_in_phoenix_s_words(
    sign_in: SignIn, connect: Connect
) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    client = await connect(ada, GENERAL)
    assert await client.join("room:lobby") == ["error", {"reason": "unmatched topic"}]
    assert await client.join(grace.own) == ["error", {"reason": "unauthorized"}]
    assert await client.join("conversation:none") == ["error", "not_found"]
    assert await client.push(GENERAL, "no_such_event") == ["error", "unknown_event"]
    assert await client.push(GENERAL, "set_hidden", {"hidden": "perhaps"}) == ["error", "invalid_request"]


@pytest.mark.parametrize("machine", ["chromium"], indirect=True)
async def test_a_page_of_an_origin_that_is_not_named_is_refused(
    machine: Machine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with house_for(Site("http://127.0.0.1:9"), tmp_path_factory.mktemp("strict")) as strict:
        async with httpx2.AsyncClient(base_url=strict.api, trust_env=False, timeout=20) as api:
            token = (await register_by_wire(api, Person("Ada")))["auth_token"]
        for way in WAYS:
            client = await connected(machine, strict, way, token)
            await until(lambda client=client: was_refused(client, 2))  # type: ignore[misc]
            assert (await client.state())["opens"] == 0
            await client.close()


async def was_refused(client: Client, times: int) -> bool:
    return len((await client.state())["closes"]) >= times
