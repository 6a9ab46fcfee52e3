"""A socket that ends under the stock client: by a server that was killed, or by signing out elsewhere."""

import anyio
import httpx2
import pytest

from tests.interop.conftest import Connect, SignIn, connected_as_documented
from tests.interop.site import Site
from tests.interop.stock import GENERAL, SENT, Client, Machine, Person
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio


async def closed_times(client: Client, times: int) -> None:
    async def so() -> bool:
        return len((await client.state())["closes"]) >= times

    await until(so)


async def test_it_comes_back_by_itself_when_the_server_does(sign_in: SignIn, connect: Connect, house: House) -> None:
    ada = await sign_in("Ada")
    client = await connect(ada, GENERAL, ada.own)
    house.front.kill()
    await closed_times(client, 2)
    await house.front.start()

    async def is_back() -> bool:
        return [(await client.topic(name))["joins"] for name in (GENERAL, ada.own)] == [2, 2]

    await until(is_back)
    assert (await client.state())["opens"] == 2
    await client.sees(lambda seen: list(seen["here"]) == [ada.id] and len(seen["here"][ada.id]) == 1)
    assert await client.push(GENERAL, "set_display_name", {"display_name": "Ada, again"}) == SENT
    await client.hears(GENERAL, "update_display_name")


async def sign_out_elsewhere(api: httpx2.AsyncClient, there: Person) -> None:
    """Every other session of the person, from this one."""
    sessions = (await api.get("/api/sessions", headers=there.bearer)).json()["sessions"]
    for session in sessions:
        if not session["current"]:
            assert (await api.delete(f"/api/sessions/{session['id']}", headers=there.bearer)).status_code == 204


async def test_signed_out_elsewhere_it_tries_on_and_is_refused_before_a_socket_opens(
    sign_in: SignIn, connect: Connect, api: httpx2.AsyncClient, machine: Machine
) -> None:
    ada = await sign_in("Ada")
    client = await connect(ada, GENERAL)
    await sign_out_elsewhere(api, await sign_in(ada))
    # It knows no code that means stop. So it is refused where that is cheap, and its pauses grow.
    await closed_times(client, 7)
    state = await client.state()
    first, *others = state["closes"]
    assert (first["code"], first["reason"]) == (4401, "signed_out_elsewhere")
    assert {close["code"] for close in others} == {1006}
    assert state["opens"] == 1
    assert others[-1]["at"] - first["at"] > 700
    assert any("403" in why for why in await machine.why_refused(client))


async def test_the_documented_client_stops_when_signed_out_elsewhere(
    machine: Machine, sign_in: SignIn, api: httpx2.AsyncClient, house: House, site: Site
) -> None:
    ada = await sign_in("Ada")
    client = await connected_as_documented(machine, house, ada, site)
    await until(client.is_open)
    await sign_out_elsewhere(api, await sign_in(ada))
    await closed_times(client, 1)
    await anyio.sleep(1)
    state = await client.state()
    assert [close["code"] for close in state["closes"]] == [4401]
    assert (state["state"], state["opens"], state["refreshes"]) == ("closed", 1, 0)
