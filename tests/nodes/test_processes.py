"""Two processes that serve as one: what one writes the other tells, and when one ends, everybody on it goes."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chat.listening import share
from chat.nodes import process
from chat.nodes.place import Place
from chat.nodes.process import NodeProcess
from tests.chat.house import GENERAL, Device
from tests.chat.marker import apart
from tests.chat.process import registration, running
from tests.chat.talk import SENT, keys
from tests.live.node import dial, until

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


DRAINS_LONG = """
import signal, socket, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
line = socket.socket(fileno=int(sys.argv[-1].split(",")[0]))
line.send(b"s")
line.recv(1)
"""
"""A node that serves at once, and drains until nobody holds the other end of its line."""


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(process, "STOP_SECONDS", 3600.0)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        share([bound])
        kept = Place(1, [sys.executable, "-c", DRAINS_LONG], [bound], lambda: True)
        keeping = asyncio.create_task(kept.keep())
        await kept.served.wait()
        yield kept
        keeping.cancel()
        await asyncio.wait((keeping,))
        kept.kill()
        await kept.stop()


def node_of(place: Place) -> NodeProcess:
    assert place._node is not None
    return place._node


async def test_a_new_node_that_dies_while_the_old_one_drains_is_followed_without_waiting_for_that(
    place: Place,
) -> None:
    old = node_of(place)
    renewing = asyncio.create_task(place.renew())
    await until(lambda: node_of(place) is not old)
    new = node_of(place)
    os.kill(new._process.pid, signal.SIGKILL)
    await until(lambda: node_of(place) not in (old, new) and place.serves)
    assert old._process.returncode is None
    assert not new.serves
    old.kill()
    assert await renewing is True
    assert place.serves


async def test_a_node_that_was_started_for_a_renewal_that_came_too_late_leaves_nothing_open(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, start = node_of(place), place._start
    started: list[NodeProcess] = []
    is_followed = asyncio.Event()

    async def the_first_is_late() -> NodeProcess:
        node = await start()
        ready = node.ready

        async def when_it_is_followed() -> bool:
            await is_followed.wait()
            return await ready()

        if not started:
            monkeypatch.setattr(node, "ready", when_it_is_followed)
        started.append(node)
        return node

    monkeypatch.setattr(place, "_start", the_first_is_late)
    renewing = asyncio.create_task(place.renew())
    await until(lambda: len(started) == 1)
    old.kill()
    await until(lambda: len(started) == 2 and node_of(place) is started[1] and place.serves)
    is_followed.set()
    started[0].kill()
    assert await renewing is True
    assert [node._line.fileno() for node in (old, started[0])] == [-1, -1]
    assert place.serves
