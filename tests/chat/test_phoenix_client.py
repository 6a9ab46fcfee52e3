"""A published Phoenix client that knows nothing of us connects, joins, sees who is online, and is signed out."""

import asyncio
from typing import Any

import pytest
from phoenix_channels_python_client import PHXChannelsClient

from tests.chat.house import GENERAL, House
from tests.live.node import until

pytestmark = pytest.mark.anyio


async def test_a_client_of_somebody_elses_is_served_and_its_socket_ends_with_its_session(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    heard: list[Any] = []
    ended = asyncio.Event()

    async def hear(message: Any) -> None:
        heard.append(message)

    async def disconnected(_: Exception | None) -> None:
        ended.set()

    async def hear_nothing(_: Any) -> None:
        return

    client = PHXChannelsClient(
        f"ws://127.0.0.1:{house.port}/socket/websocket?token={anna.token}",
        "",
        auto_reconnect=False,
        on_disconnect=disconnected,
    )
    async with client:
        await client.subscribe_to_topic(GENERAL, hear)
        await client.subscribe_to_topic(anna.own, hear_nothing)
        async with house.device(berta, GENERAL):
            await until(lambda: any(berta.id in str(message) for message in heard))
        await client.unsubscribe_from_topic(GENERAL)
        assert "presence_state" in str(heard[0])
        await house.chat.auth.sessions.end_one(anna.id, anna.pair.session_id)
        async with asyncio.timeout(20):
            await ended.wait()
    assert len(house.chat.auth.connections) == 0
