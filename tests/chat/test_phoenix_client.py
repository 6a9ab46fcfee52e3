"""A published Phoenix client that knows nothing of us connects, joins, sees who is online, talks, and is signed out."""

import asyncio
from typing import Any

import pytest
from phoenix_channels_python_client import PHXChannelsClient
from phoenix_channels_python_client.utils import make_message
from websockets.exceptions import ConnectionClosed

from tests.chat.house import GENERAL, House
from tests.chat.talk import conversation, copies, private
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


async def test_a_client_of_somebody_elses_sends_a_message_and_receives_its_copy(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    conversation_id = await private(house, anna, berta)
    topic = conversation(conversation_id)
    heard: dict[str, list[Any]] = {}

    async def hear(message: Any) -> None:
        heard.setdefault(str(message.event), []).append(message.payload)

    client = PHXChannelsClient(
        f"ws://127.0.0.1:{house.port}/socket/websocket?token={anna.token}", "", auto_reconnect=False
    )
    async with asyncio.timeout(30), client:
        takes_broadcasts(client, monkeypatch)
        await client.subscribe_to_topic(anna.own, hear)
        await client.subscribe_to_topic(topic, hear)
        await push(client, topic, "start_typing", {})
        await push(client, topic, "send_message", {"encrypted_messages": copies(anna, berta)})
        await until(lambda: "new_message" in heard and len(heard["phx_reply"]) == 2)
    assert heard["phx_reply"] == [{"status": "ok", "response": "message_sent"}] * 2
    assert heard["start_typing"] == [{"user_id": anna.id}]
    [told] = heard["new_message"]
    assert (told["conversation_id"], told["message"]["sender"]) == (conversation_id, anna.id)
    assert told["message"]["content"] == copies(anna)[anna.id]


def takes_broadcasts(client: PHXChannelsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives each broadcast the join_ref that this client misses in it. Nothing else of it is touched."""
    handler = client.get_protocol_handler()
    parse = handler.parse_message

    def parse_message(raw: str | bytes) -> Any:
        message = parse(raw)
        inside = client.get_current_subscriptions().get(message.topic)
        if message.join_ref is None and inside is not None:
            return message.model_copy(update={"join_ref": inside.join_ref})
        return message

    monkeypatch.setattr(handler, "parse_message", parse_message)


async def push(client: PHXChannelsClient, topic: str, event: str, payload: dict[str, Any]) -> None:
    """It has no call for this, but makes and sends the frame."""
    inside = client.get_current_subscriptions()[topic]
    message = make_message(event, topic, ref=f"push-{event}", payload=payload, join_ref=inside.join_ref)
    assert client.connection is not None
    await client.get_protocol_handler().send_message(client.connection, message)
