"""A process that is told to stop says goodbye to the other nodes before it closes its sockets."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from chat.bus.address import Address, read_address
from chat.bus.line import Line
from chat.bus.wire import channel_of, read_letter, read_parcel
from chat.channels.words import Changed, Goodbye, Word
from tests.chat.house import GENERAL, Device
from tests.chat.marker import apart
from tests.chat.process import registered, running
from tests.live.node import closing, dial, until

pytestmark = pytest.mark.anyio

SOCKETS = 5


@asynccontextmanager
async def eavesdropping(address: Address) -> AsyncIterator[list[Word]]:
    """What is said of who is here and who goes, by all."""
    line, said = Line(address, channel_of(address)), list[Word]()
    await line.open()

    async def listen() -> None:
        while True:
            words = [read_letter(letter, ()) for letter in read_parcel(await line.listen()).letters]
            said.extend(word for word in words if isinstance(word, Changed | Goodbye))

    listening = asyncio.create_task(listen())
    try:
        yield said
    finally:
        listening.cancel()
        await line.close()


@pytest.mark.parametrize("command", ["serve", "serve-api"])
async def test_whoever_is_on_a_process_that_stops_goes_by_one_word_and_not_one_after_the_other(
    command: str, redis_url: str, tmp_path: Path
) -> None:
    redis_url, where = apart(redis_url), "/socket/websocket" if command == "serve-api" else "/backend/socket/websocket"
    environment = {"CHAT_DATABASE_URL": f"sqlite:///{tmp_path}/chat.db", "CHAT_REDIS_URL": redis_url}
    async with AsyncExitStack() as stack:
        said = await stack.enter_async_context(eavesdropping(read_address(redis_url)))
        process, url = await stack.enter_async_context(running(command, folder=tmp_path, **environment))
        token = await registered(url if command == "serve-api" else f"{url}/backend")
        port = int(url.rsplit(":", 1)[1])
        devices = [Device(await stack.enter_async_context(dial(port, token=token, path=where))) for _ in range(SOCKETS)]
        for device in devices:
            assert (await device.join(GENERAL))["status"] == "ok"
        await until(lambda: len(said) == SOCKETS)
        assert all(isinstance(word, Changed) and word.came for word in said)
        process.send_signal(signal.SIGTERM)
        codes = await asyncio.gather(*(closing(device.line) for device in devices))
        assert {code for code, _ in codes} == {1012}
        assert await asyncio.to_thread(process.wait) == 0
        assert said[SOCKETS:] == [Goodbye()]
