"""Somebody else's Phoenix client, from PyPI, as it is: connects, joins, sees who is there, and is shut out remotely."""

import asyncio
from typing import Any

import anyio
import httpx2
import pytest
from phoenix_channels_python_client import PHXChannelsClient

from tests.stories.people import Person, register_by_wire
from tests.stories.servers import House
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio


class Visitor:
    """One such client, and what it heard."""

    def __init__(self, house: House, token: str) -> None:
        self.events: dict[str, list[Any]] = {}
        self.over: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        # It sends its api_key as a parameter of that name; ours is called token, and goes into the address.
        self.client = PHXChannelsClient(
            f"{house.socket}?token={token}",
            api_key="unused",
            auto_reconnect=False,
            on_disconnect=self._on_disconnect,
        )

    async def hear(self, message: Any) -> None:
        self.events.setdefault(str(message.event), []).append(message.payload)

    async def _on_disconnect(self, error: Exception | None) -> None:
        received = getattr(error, "rcvd", None)
        self.over.set_result((received.code, received.reason) if received else (0, repr(error)))

    async def presence(self) -> dict[str, Any]:
        """Who is here, as the join has told it.

        Not by differences: version 0.4 of this client drops every broadcast, since those have no join_ref
        (Phoenix's own servers send null there as well, and Phoenix's own client takes it).
        """
        await until(lambda: "presence_state" in self.events)
        state: dict[str, Any] = self.events["presence_state"][0]
        return state


async def test_it_joins_sees_people_come_and_is_closed_with_4401_when_signed_out_elsewhere(
    any_house: House, wire: httpx2.AsyncClient
) -> None:
    ada, grace = Person("Ada"), Person("Grace")
    async with httpx2.AsyncClient(base_url=any_house.api, trust_env=False, timeout=20) as api:
        mine = await register_by_wire(api, ada)
        hers = await register_by_wire(api, grace)
        here, there = Visitor(any_house, mine["auth_token"]), Visitor(any_house, hers["auth_token"])
        async with here.client:
            await here.client.subscribe_to_topic("system:general", here.hear)
            me, her = mine["user"]["id"], hers["user"]["id"]
            assert [meta["online_at"] for meta in (await here.presence())[me]["metas"]]
            async with there.client:
                await there.client.subscribe_to_topic("system:general", there.hear)
                assert {me, her} <= (await there.presence()).keys()

            other = (await api.post("/auth/login", json=ada.credentials)).json()
            bearer = {"Authorization": f"Bearer {other['auth_token']}"}
            sessions = (await api.get("/api/sessions", headers=bearer)).json()["sessions"]
            [first] = [session["id"] for session in sessions if not session["current"]]
            assert (await api.delete(f"/api/sessions/{first}", headers=bearer)).status_code == 204
            with anyio.fail_after(20):
                assert await here.over == (4401, "signed_out_elsewhere")
