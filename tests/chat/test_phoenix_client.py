"""A published Phoenix client that knows nothing of us connects, joins, sees who is online, and is signed out."""

import asyncio
from typing import Any

import pytest
from phoenix_channels_python_client import PHXChannelsClient
from websockets.exceptions import ConnectionClosed

from tests.chat.house import GENERAL, House
from tests.live.node import until

pytestmark = pytest.mark.anyio


async def test_a_client_of_somebody_elses_is_served_and_its_socket_ends_with_its_session(house: House) -> None:
    """This one drops every broadcast, here as with Phoenix itself: it wants its own join_ref in each, and broadcasts
    bear none. What is sent to it alone it hears."""
    anna, berta = await house.person("Anna"), await house.person("Berta")
    heard: list[Any] = []
    ends: list[Exception | None] = []

    async def hear(message: Any) -> None:
        heard.append(message)

    async def note_end(error: Exception | None) -> None:
        ends.append(error)

    client = PHXChannelsClient(
        f"ws://127.0.0.1:{house.port}/socket/websocket?token={anna.token}",
        "",
        auto_reconnect=False,
        on_disconnect=note_end,
    )
    async with asyncio.timeout(30), house.device(berta, GENERAL), client:
        await client.subscribe_to_topic(GENERAL, hear)
        await client.subscribe_to_topic(anna.own, hear)
        await until(lambda: heard)
        assert str(heard[0].event) == "presence_state"
        assert set(heard[0].payload) == {anna.id, berta.id}
        await client.unsubscribe_from_topic(anna.own)
        await house.chat.auth.sessions.end_one(anna.id, anna.pair.session_id)
        await until(lambda: ends)
    [end] = ends
    assert isinstance(end, ConnectionClosed)
    assert end.rcvd is not None
    assert (end.rcvd.code, end.rcvd.reason) == (4401, "signed_out_elsewhere")
