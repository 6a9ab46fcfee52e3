"""Two processes that serve as one: what one writes the other tells, and when one ends, everybody on it goes."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.chat.house import GENERAL, Device
from tests.chat.marker import apart
from tests.chat.process import registration, running
from tests.chat.talk import SENT, keys
from tests.live.node import dial

pytestmark = pytest.mark.anyio


async def heard(device: Device, is_it: Callable[[str, object], bool]) -> object:
    """The payload of the first event that is it; Device gives up after 20 seconds of silence."""
    while True:
        _, _, _, event, payload = await device.next()
        if is_it(event, payload):
            return payload


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=["told to stop", "killed"])
async def test_what_one_process_writes_the_other_tells_and_whoever_was_on_the_one_that_ends_is_gone(
    end: signal.Signals, redis_url: str, tmp_path: Path
) -> None:
    environment = {
        "CHAT_DATABASE_URL": f"sqlite:///{tmp_path}/chat.db",
        "CHAT_REDIS_URL": apart(redis_url),
        "CHAT_SECRETS": str(tmp_path / "secrets"),
    }
    async with AsyncExitStack() as stack:
        started = [await stack.enter_async_context(running("serve-api", folder=tmp_path, **environment)) for _ in "ab"]
        (_, near), (process, far) = started
        anna, berta = await registration(near, "anna"), await registration(far, "berta")
        devices = []
        for api, payload in ((near, anna), (far, berta)):
            port, token = int(api.rsplit(":", 1)[1]), payload["auth_token"]
            line = await stack.enter_async_context(dial(port, token=token, path="/socket/websocket"))
            devices.append(Device(line))
            for topic in (GENERAL, f"user:{payload['user']['id']}"):
                assert (await devices[-1].join(topic))["status"] == "ok"
        watcher, other = devices
        anna_id, berta_id = anna["user"]["id"], berta["user"]["id"]
        await heard(watcher, lambda event, payload: event == "presence_diff" and berta_id in str(payload))
        push = {"other_user_id": anna_id, **keys()}
        here = f"conversation:{(await other.ask(GENERAL, 'start_private_conversation', push))['response']}"
        await heard(watcher, lambda event, _: event == "new_conversation")
        await other.join(here)
        for _ in range(3):
            copies = {"encrypted_messages": {anna_id: "AAAA", berta_id: "BBBB"}}
            assert await other.ask(here, "send_message", copies) == SENT
            await heard(watcher, lambda event, _: event == "new_message")
        process.send_signal(end)
        async with asyncio.timeout(20):
            await heard(watcher, lambda event, payload: event == "presence_diff" and berta_id in str(payload))
        await watcher.join(GENERAL, join_ref="2")
        state = await heard(watcher, lambda event, _: event == "presence_state")
        assert isinstance(state, dict)
        assert list(state) == [anna_id]
