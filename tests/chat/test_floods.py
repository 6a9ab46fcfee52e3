"""Floods, against a real process: each ends with the documented close code, the server's memory stays bounded, and
those who talk meanwhile notice nothing."""

import asyncio
import contextlib
import json
import re
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.chat.house import GENERAL, Device, House
from tests.chat.process import registration, running
from tests.chat.talk import SENT, conversation, copies, group, keys
from tests.live.node import closing, until

pytestmark = pytest.mark.anyio

BOUND_MIB = 64
"""What all floods together may add to the process at its peak, eight sockets at a time: they send it up to 16 MiB each,
and one is sent 10 MiB that it does not read."""

TEXT, PING, FINAL, MORE = 1, 9, 0x80, 0


@dataclass
class Raw:
    """A WebSocket by hand: sends what no honest client does, and reads only when told."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, port: int, token: str, *, buffer: int = 0) -> AsyncIterator["Raw"]:
        line = socket.socket()
        if buffer:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=line, limit=4096 if buffer else 2**16)
        try:
            writer.write(
                f"GET /socket/websocket?vsn=2.0.0&token={token} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
            )
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
            yield cls(reader, writer)
        finally:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def send(self, frames: bytes) -> None:
        """Until the server hangs up; gives way to others who are served by this very loop."""
        for start in range(0, len(frames), 65_536):
            if self.writer.transport.is_closing():
                return
            self.writer.write(frames[start : start + 65_536])
            with contextlib.suppress(ConnectionError):
                await self.writer.drain()
            await asyncio.sleep(0)

    async def close_code(self) -> int | None:
        """Reads to the end; None where the connection was cut without a word."""
        try:
            while True:
                head = await self.reader.readexactly(2)
                size = head[1]
                if size == 126:
                    [size] = struct.unpack("!H", await self.reader.readexactly(2))
                elif size == 127:
                    [size] = struct.unpack("!Q", await self.reader.readexactly(8))
                payload = await self.reader.readexactly(size)
                if head[0] & 15 == 8:
                    code: int = struct.unpack("!H", payload[:2])[0]
                    return code
        except (asyncio.IncompleteReadError, ConnectionError):
            return None


def masked(first: int, payload: bytes) -> bytes:
    """A frame under a mask of zeros, which changes nothing."""
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 2**16:
        head = bytes((first, 0x80 | 126)) + struct.pack("!H", size)
    else:
        head = bytes((first, 0x80 | 127)) + struct.pack("!Q", size)
    return head + bytes(4) + payload


FRAGMENT, NO_FRAGMENT = masked(0, b"x" * 16 * 1024), masked(0, b"")
JOIN = masked(FINAL | TEXT, b'["1","1","system:general","phx_join",{}]')
PUSH = masked(FINAL | TEXT, b'["1","1","system:general","set_display_name",{"display_name":"Mallory"}]')

FLOODS: dict[str, tuple[bytes, int]] = {
    "a frame of 1 MB": (masked(FINAL | TEXT, b"x" * 1024 * 1024), 1009),
    "fragments of 16 KiB without an end": (masked(MORE | TEXT, b"x") + 1024 * FRAGMENT, 1009),
    "empty fragments without an end": (masked(MORE | TEXT, b"") + 100_000 * NO_FRAGMENT, 1008),
    "20,000 pings": (20_000 * masked(FINAL | PING, b"x" * 100), 1008),
    "10,000 pushes at once": (JOIN + 10_000 * PUSH, 1008),
    "100,000 messages that are nothing": (100_000 * masked(FINAL | TEXT, b""), 1008),
}


@dataclass
class Site:
    api: str
    process_id: int
    people: dict[str, Any] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return int(self.api.rsplit(":", 1)[1])

    async def register(self, *names: str) -> None:
        for name in names:
            self.people[name] = await registration(self.api, name)

    def token(self, name: str) -> str:
        token: str = self.people[name]["auth_token"]
        return token

    def user_id(self, name: str) -> str:
        user_id: str = self.people[name]["user"]["id"]
        return user_id

    @contextlib.asynccontextmanager
    async def device(self, name: str) -> AsyncIterator[Device]:
        address = f"ws://127.0.0.1:{self.port}/socket/websocket?token={self.token(name)}"
        async with connect(address, proxy=None, compression=None) as line:
            device = Device(line)
            await device.join(f"user:{self.user_id(name)}")
            yield device

    def peak(self) -> int:
        """Bytes."""
        status = Path(f"/proc/{self.process_id}/status").read_text()
        [kibibytes] = re.findall(r"VmHWM:\s+(\d+) kB", status)
        return 1024 * int(kibibytes)


async def talk(site: Site, over: asyncio.Event) -> int:
    """Two people, and a conversation of theirs: all that is said arrives, in order, until it is over."""
    said = 0
    async with site.device("anna") as anna, site.device("berta") as berta:
        await anna.join(GENERAL)
        push = {"other_user_id": site.user_id("berta"), **keys()}
        here = conversation((await anna.ask(GENERAL, "start_private_conversation", push))["response"])
        await anna.join(here)
        await anna.heard()
        await berta.heard()
        while not over.is_set():
            text = f"{said:08}"
            both = {site.user_id("anna"): text, site.user_id("berta"): text}
            assert await anna.ask(here, "send_message", {"encrypted_messages": both}) == SENT
            [told] = await berta.events("new_message")
            assert told["message"]["content"] == text
            said += 1
            # One who types is allowed 50 frames a second.
            await asyncio.sleep(0.05)
    return said


@contextlib.asynccontextmanager
async def site_of(folder: Path) -> AsyncIterator[Site]:
    async with running("serve-api", folder=folder) as (process, api):
        site = Site(api, process.pid)
        await site.register("anna", "berta", "mallory", "stuck")
        yield site


async def drown(site: Site, frames: bytes, code: int) -> None:
    """From several sockets at once."""
    async with contextlib.AsyncExitStack() as stack:
        opened = [Raw.opened(site.port, site.token("mallory")) for _ in range(8)]
        raws = [await stack.enter_async_context(each) for each in opened]
        reading = [asyncio.create_task(raw.close_code()) for raw in raws]
        await asyncio.gather(*(raw.send(frames) for raw in raws))
        codes = set(await asyncio.gather(*reading))
        # Whoever sends on and on after the end may be cut off before it reads why: here, one that sends 16 MiB.
        assert codes - {None} == {code} or (codes == {None} and len(frames) > 4 * 1024 * 1024)


async def leave_unread(site: Site) -> None:
    """Somebody who never reads is sent 64 KiB messages until the server gives them up."""
    async with Raw.opened(site.port, site.token("stuck"), buffer=4096) as raw, site.device("mallory") as device:
        await device.join(GENERAL)
        join = ["1", "1", f"user:{site.user_id('stuck')}", "phx_join", {}]
        await raw.send(masked(FINAL | TEXT, json.dumps(join).encode()))
        push = {"other_user_id": site.user_id("stuck"), **keys()}
        here = conversation((await device.ask(GENERAL, "start_private_conversation", push))["response"])
        await device.join(here)
        text = "A" * 65_536
        both = {site.user_id("mallory"): "AAAA", site.user_id("stuck"): text}
        for _ in range(150):
            assert await device.ask(here, "send_message", {"encrypted_messages": both}) == SENT
        await device.heard()
        # 1011 where it has left pings unanswered for long enough, before so much was written; nothing where even the
        # close was left unread.
        assert await raw.close_code() in (1013, 1011, None)


async def test_floods_end_with_the_documented_code_in_bounded_memory_and_others_are_served(tmp_path: Path) -> None:
    async with site_of(tmp_path) as site:
        over = asyncio.Event()
        talking = asyncio.create_task(talk(site, over))
        await leave_unread(site)
        before = site.peak()
        try:
            for frames, code in FLOODS.values():
                await drown(site, frames, code)
            await leave_unread(site)
        finally:
            over.set()
        assert await talking > 10
        assert site.peak() - before < BOUND_MIB * 1024 * 1024


async def test_a_member_who_does_not_read_is_closed_with_1013_and_the_others_are_told_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.channels.outbox.OUTBOX_LIMIT", 200_000)
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    async with house.device(berta, berta.own, here) as writer, house.device(anna, anna.own, here) as device:
        device.line.transport.pause_reading()
        connections = [each for each in house.chat.auth.connections if each.session_id == anna.pair.session_id]
        push = {"encrypted_messages": {**copies(berta), anna.id: "A" * 65_536}}
        sent = 0
        while not connections[0].condemned:
            assert await writer.ask(here, "send_message", push) == SENT
            sent += 1
            assert sent < 190, "its memory is not ours to give"
        assert len(await writer.events("new_message")) == sent
        device.line.transport.resume_reading()
        assert (await closing(device.line))[0] == 1013
    await until(lambda: house.chat.hub._subscriptions == {})
