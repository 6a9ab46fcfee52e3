"""The bus fails, in every way that it can: nothing is served by a node that cannot know, nothing that was stored is
lost, and all is well again by itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from chat.bus.fan_out import BusFanOut
from chat.bus.outgoing import PARCEL_BYTES
from chat.channels.conversation import ConversationTopic
from chat.channels.fan_out import Broadcast, Telling, Turn
from tests.backing.valkey import ValkeyServer
from tests.chat.house import GENERAL, Device, opened
from tests.chat.process import command
from tests.chat.talk import SENT, conversation, copies, group, refused
from tests.live.node import dial, until
from tests.nodes.tls import join, tls_in_front_of
from tests.nodes.town import Town, open_town

pytestmark = pytest.mark.anyio

Fault = Callable[[Town, ValkeyServer], object]


@pytest.fixture(scope="module")
def own_valkey() -> Iterator[ValkeyServer]:
    """One that may be killed."""
    server = ValkeyServer().start()
    yield server
    server.close()


@pytest.fixture
async def town(
    anyio_backend: str, quick_ticks: None, postgres_url: str, own_valkey: ValkeyServer, tmp_path: Path
) -> AsyncIterator[Town]:
    async with open_town(2, f"{postgres_url}?pool=4", own_valkey, tmp_path) as town:
        yield town


def hang(town: Town, _: ValkeyServer) -> None:
    for wire in town.wires:
        wire.hang()


def cut(town: Town, _: ValkeyServer) -> None:
    for wire in town.wires:
        wire.cut()


def deafen(town: Town, _: ValkeyServer) -> None:
    """What is connected is dead, and what connects is not."""
    for wire in town.wires:
        wire.drop_silently()


def heal(town: Town, _: ValkeyServer) -> None:
    for wire in town.wires:
        wire.mend()


FAULTS: dict[str, tuple[Fault, Fault]] = {
    "killed, and started again": (lambda _, valkey: valkey.kill(), lambda _, valkey: valkey.start()),
    "stopped, and started again": (lambda _, valkey: valkey.stop(), lambda _, valkey: valkey.start()),
    "paused, and resumed": (lambda _, valkey: valkey.pause(), lambda _, valkey: valkey.resume()),
    "partitioned in silence": (hang, heal),
    "cut off": (cut, heal),
    "connections that die without a word": (deafen, heal),
}


async def ended(device: Device) -> set[str]:
    """The next two topics that end."""
    topics: set[str] = set()
    while len(topics) < 2:
        _, _, topic, event, _ = await device.next()
        if event == "phx_error":
            topics.add(topic)
    return topics


class Gate:
    """In front of one write."""

    def __init__(self, write: Callable[..., Awaitable[object]]) -> None:
        self._write = write
        self.reached, self.opened = asyncio.Event(), asyncio.Event()

    async def __call__(self, *arguments: object) -> object:
        self.reached.set()
        await self.opened.wait()
        return await self._write(*arguments)


def whole(town: Town) -> list[bool]:
    return [node.fan_out.is_whole for node in town.nodes]


@pytest.mark.parametrize(("fail", "mend"), FAULTS.values(), ids=FAULTS.keys())
async def test_while_the_bus_is_lost_topics_end_and_none_is_joined_and_then_all_is_there(
    fail: Fault,
    mend: Fault,
    town: Town,
    own_valkey: ValkeyServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna, berta = await town.person("Anna"), await town.person("Berta")
    name = await group(town[0], anna, berta)
    here, push = conversation(name), {"encrypted_messages": copies(anna, berta)}
    async with (
        town.device(0, anna, here, GENERAL) as one,
        town.device(1, berta, here, berta.own) as other,
        town[0].client(anna) as client,
    ):
        assert await one.ask(here, "send_message", push) == SENT
        await one.heard()
        assert len(await other.heard()) == 1
        stored = Gate(town[0].chat.messages.send)
        monkeypatch.setattr(town[0].chat.messages, "send", stored)
        asked = asyncio.create_task(one.ask(here, "send_message", push))
        await stored.reached.wait()
        fail(town, own_valkey)
        await until(lambda: not any(node.hub._subscriptions for node in town.nodes))
        stored.opened.set()
        # What is under way when the bus is lost is stored and acknowledged.
        assert await asked == SENT
        assert [await ended(one), await ended(other)] == [{here, GENERAL}, {here, berta.own}]
        if fail is not deafen:
            assert await one.join(here, join_ref="2") == refused("unavailable")
            assert await one.ask(here, "send_message", push, join_ref="2") == refused({"reason": "unmatched topic"})
            assert (await client.get("/api/messages", params={"conversation_id": name})).status_code == 200
            assert (await client.get("/healthz")).status_code == 200
        mend(town, own_valkey)
        await until(lambda: all(whole(town)))
        # What waited for the line is told, to nobody: whoever joins now reads it.
        await town.settle()
        for device in (one, other):
            snapshot = (await device.join(here, join_ref="3"))["response"]
            assert len(snapshot["messages"]["items"]) == 2
        assert (await other.join(berta.own, join_ref="3"))["status"] == "ok"
        assert await one.ask(here, "send_message", push, join_ref="3") == SENT
        assert [frame[3] for frame in await other.heard()] == ["new_message"]
    said = [record.getMessage() for record in caplog.records if record.name == "chat.bus"]
    assert sorted(each.partition(" (")[0] for each in said) == sorted(2 * ["Valkey does not answer", "Valkey is back"])


async def test_a_flush_of_the_server_is_no_fault_at_all(town: Town, own_valkey: ValkeyServer) -> None:
    anna = await town.person("Anna")
    here = conversation(await group(town[0], anna))
    async with town.device(0, anna, here) as one, town.device(1, anna, here) as other:
        own_valkey.flush()
        assert await one.ask(here, "start_typing") == SENT
        assert [frame[3] for frame in await other.heard()] == ["start_typing"]
        assert whole(town) == [True, True]


async def test_what_was_stored_by_a_node_that_the_bus_does_not_hear_is_told_the_others_late_and_once(
    town: Town,
) -> None:
    anna, berta = await town.person("Anna"), await town.person("Berta")
    name = await group(town[0], anna, berta)
    here, push = conversation(name), {"encrypted_messages": copies(anna, berta)}
    async with town.device(0, anna, here) as cut_off, town.device(1, berta, here, berta.own) as other:
        assert await cut_off.ask(here, "send_message", push) == SENT
        assert len(await other.heard()) == 1
        town.wires[0].hang()
        for _ in range(3):
            assert await cut_off.ask(here, "send_message", push) == SENT
        assert await cut_off.ask(here, "start_typing") == SENT
        await until(lambda: whole(town) == [False, True])
        town.wires[0].mend()
        await until(lambda: whole(town) == [True, True])
        page = await town[1].chat.messages.page(name, berta.id, None, 10)
        heard = await other.heard()
        # Who typed then is nobody's news any more.
        assert [frame[3] for frame in heard] == ["new_message"] * 3
        told = [frame[4]["message"]["message_group"] for frame in heard]
        assert told == [each.message_group for each in reversed(page)][1:]


async def test_what_is_too_much_to_keep_while_the_bus_is_away_is_read_by_whoever_was_not_told_of_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, berta = await town.person("Anna"), await town.person("Berta")
    name = await group(town[0], anna, berta)
    here, push = conversation(name), {"encrypted_messages": copies(anna, berta)}
    # There is room for one.
    monkeypatch.setattr("chat.bus.fan_out.ROOM_BYTES", 0)
    async with town.device(0, anna, here) as sender, town.device(1, berta, berta.own, here) as reader:
        assert await sender.ask(here, "send_message", push) == SENT
        assert len(await reader.events("new_message")) == 1
        chat = town[0].chat
        writing = chat.topics.find(here)
        assert isinstance(writing, ConversationTopic)
        subscription = chat.hub._subscriptions[here].copy().pop()
        town.wires[0].cut()
        await until(lambda: whole(town) == [False, True])
        for _ in range(2):
            # What was under way when the bus was lost.
            reply = await writing.push(subscription, "send_message", writing.check("send_message", push))
            assert reply.then is not None
            await reply.then()
        town.wires[0].mend()
        await until(lambda: whole(town) == [True, True])
        frames = await reader.heard()
        assert [(frame[2], frame[3]) for frame in frames] == [(berta.own, "new_message"), (berta.own, "phx_error")]
        snapshot = (await reader.join(here, join_ref="2"))["response"]
        assert len(snapshot["messages"]["items"]) == 3


async def test_what_has_waited_is_carried_by_the_first_line_that_opens_though_it_takes_many_ticks(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More than is kept, so that it takes long.
    monkeypatch.setattr("chat.bus.fan_out.ROOM_BYTES", 2**30)
    fan_out, wire = town[0].chat.fan_out, town.wires[0]
    assert isinstance(fan_out, BusFanOut)
    wire.cut()
    await until(lambda: not fan_out.is_whole)
    for place in range(40):
        await fan_out.publish(Telling((Broadcast("test:large", "x" * PARCEL_BYTES),), Turn("test:large", place)))
    before = fan_out._lines
    wire.mend()
    # Some 6 MB a second: a parcel takes less than a tick, and all of it more than fifteen.
    wire.delay(0.01)
    await until(lambda: fan_out.is_whole)
    assert fan_out._lines == before + 1


async def test_a_node_that_is_started_without_its_bus_serves_what_needs_none_and_is_whole_when_it_comes(
    quick_ticks: None, postgres_url: str, own_valkey: ValkeyServer
) -> None:
    own_valkey.kill()
    async with opened(CHAT_DATABASE_URL=postgres_url, CHAT_REDIS_URL=own_valkey.url) as house:
        anna = await house.person("Anna")
        async with dial(house.port, token=anna.token, path="/socket/websocket") as line, house.client(anna) as client:
            device = Device(line)
            assert await device.join(anna.own) == refused("unavailable")
            assert (await client.get("/api/me")).status_code == 200
            own_valkey.start()
            await until(lambda: house.chat.fan_out.is_whole)
            assert (await device.join(anna.own))["status"] == "ok"


async def test_a_wrong_password_ends_the_start_in_a_sentence_and_is_never_shown(
    own_valkey: ValkeyServer, tmp_path: Path
) -> None:
    wrong = own_valkey.url.replace("redis://", "redis://nobody:canary@")
    process = command("serve", folder=tmp_path, CHAT_REDIS_URL=wrong)
    said, _ = await asyncio.to_thread(process.communicate)
    assert (process.returncode, "Valkey refuses the user or the password of CHAT_REDIS_URL" in said) == (2, True), said
    assert "canary" not in said
    assert "Traceback" not in said


async def test_the_bus_is_reached_by_tls_and_only_where_its_certificate_is_trusted(
    quick_ticks: None, postgres_url: str, own_valkey: ValkeyServer, tmp_path: Path
) -> None:
    authority = tmp_path / "authority.pem"
    async with tls_in_front_of(own_valkey.port, authority) as port:
        for query, is_whole in ((f"?ssl_ca_certs={authority}", True), ("", False)):
            address = f"rediss://localhost:{port}/{query}"
            async with opened(CHAT_DATABASE_URL=postgres_url, CHAT_REDIS_URL=address) as house:
                assert house.chat.fan_out.is_whole is is_whole


async def test_a_unix_socket_will_do(
    quick_ticks: None, postgres_url: str, own_valkey: ValkeyServer, tmp_path: Path
) -> None:
    path = tmp_path / "bus"

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await join(reader, writer, own_valkey.port)

    async with (
        await asyncio.start_unix_server(pass_on, path),
        opened(CHAT_DATABASE_URL=postgres_url, CHAT_REDIS_URL=f"unix://{path}?db=7") as house,
    ):
        assert house.chat.fan_out.is_whole
