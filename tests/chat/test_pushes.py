"""What sockets have pushed is done to its end before a chat stops, and no other chat of the process waits for it."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.chat.house import House, opened
from tests.chat.talk import SENT, conversation, copies, group

pytestmark = pytest.mark.anyio


async def push_that_hangs(house: House, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    anna = await house.person()
    here = conversation(await group(house, anna))
    send, reached, go_on = house.chat.messages.send, asyncio.Event(), asyncio.Event()

    async def slowly(*arguments: Any) -> Any:
        reached.set()
        await go_on.wait()
        return await send(*arguments)

    monkeypatch.setattr(house.chat.messages, "send", slowly)
    device = await stack.enter_async_context(house.device(anna, here))
    asked = asyncio.create_task(device.ask(here, "send_message", {"encrypted_messages": copies(anna)}))
    await reached.wait()

    async def done() -> None:
        go_on.set()
        assert await asked == SENT

    stack.push_async_callback(done)
    return go_on


async def test_a_chat_that_stops_waits_for_its_own_pushes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with asyncio.timeout(20), opened() as house, AsyncExitStack() as stack:
        go_on = await push_that_hangs(house, stack, monkeypatch)
        async with opened():
            """It comes to its end while the other's push is under way."""
        waiting = asyncio.create_task(house.chat.pushes.done())
        await asyncio.sleep(0)
        assert not waiting.done()
        go_on.set()
        await waiting
