"""What is done on several nodes at once is told in one order, which is that of the commits."""

import asyncio
import random
from typing import Any

import pytest

from chat.app import Chat
from chat.channels import hub
from chat.channels.conversation import ConversationTopic
from chat.channels.general import GeneralTopic
from chat.channels.turns import PATIENCE
from chat.jwk import KeyPair
from latchstring import Statement, StoreUnavailable
from tests.chat.house import GENERAL, Device, Frame
from tests.chat.talk import NOWHERE, SENT, conversation, copies, group, keys, refused
from tests.nodes.town import Town

pytestmark = pytest.mark.anyio

SHUFFLE = random.Random(4)


def messages(frames: list[Frame]) -> list[str]:
    assert [frame for frame in frames if frame[3] in ("phx_error", "phx_close")] == []
    return [frame[4]["message"]["message_group"] for frame in frames if frame[3] == "new_message"]


async def stored(town: Town, conversation_id: str) -> list[str]:
    sql = "SELECT id FROM message_groups WHERE conversation_id = :id ORDER BY seq"
    return [row[0] for row in await town[0].chat.auth.engine.read(Statement(sql, {"id": conversation_id}))]


def parts_with_a_clock(chat: Chat) -> tuple[object, object]:
    """What asks how long ago something was done that comes again."""
    topic = chat.topics.find(conversation(NOWHERE))
    general = chat.topics.find(GENERAL)
    assert isinstance(topic, ConversationTopic)
    assert isinstance(general, GeneralTopic)
    return topic._writing, general._starting


async def jitter(town: Town) -> None:
    """What one node publishes is on its way for longer than what another does, in turns."""
    while True:
        for wire in town.wires:
            wire.delay(SHUFFLE.choice([0.0, 0.0, 0.002, 0.02]))
        await asyncio.sleep(0.03)


async def test_messages_that_are_written_on_two_nodes_reach_every_socket_once_and_in_the_order_of_the_commits(
    town: Town,
) -> None:
    anna, berta = await town.person("Anna"), await town.person("Berta")
    name = await group(town[0], anna, berta)
    here, both = conversation(name), copies(anna, berta)
    async with (
        town.device(0, anna, here) as one,
        town.device(1, berta, here) as other,
        town.device(0, berta, berta.own) as near,
        town.device(1, anna, anna.own) as far,
    ):

        async def write(device: Device) -> None:
            for _ in range(60):
                assert await device.ask(here, "send_message", {"encrypted_messages": both}) == SENT
                await asyncio.sleep(SHUFFLE.choice([0, 0, 0.003]))

        shaking = asyncio.create_task(jitter(town))
        await asyncio.gather(write(one), write(other))
        shaking.cancel()
        in_order = await stored(town, name)
        assert len(in_order) == 120
        assert messages(await near.heard()) == in_order
        assert messages(await far.heard()) == in_order


async def test_names_edits_and_messages_of_two_nodes_are_told_everywhere_in_one_order_and_the_last_is_what_is_there(
    town: Town,
) -> None:
    anna, berta = await town.person("Anna"), await town.person("Berta")
    name = await group(town[0], anna, berta)
    here, both = conversation(name), copies(anna, berta)
    sent = await town[0].chat.messages.send(name, anna.id, both, 1000)
    async with (
        town.device(0, anna, anna.own, here) as one,
        town.device(1, anna, anna.own, here) as other,
    ):

        async def act(device: Device, own: str) -> None:
            for number in range(25):
                text = f"{own}{number:03}"
                edit = {"message_group_id": sent.message_group, "encrypted_messages": copies(anna, berta, text=text)}
                asked: Any = SHUFFLE.choice(
                    [
                        ("change_alias", {"alias": text}),
                        ("edit_message", edit),
                        ("send_message", {"encrypted_messages": both}),
                    ]
                )
                assert await device.ask(here, *asked) == SENT

        shaking = asyncio.create_task(jitter(town))
        await asyncio.gather(act(one, "o"), act(other, "p"))
        shaking.cancel()
        heard, too = [[frame[3:] for frame in await device.heard()] for device in (one, other)]
        assert heard == too
        assert len(heard) == 50
        now = await town[0].chat.rosters.get(name, anna.id)
        assert [payload for event, payload in heard if event == "update_alias"][-1]["conversation"][
            "alias"
        ] == now.alias
        page = await town[0].chat.messages.page(name, anna.id, None, 100)
        edits = [payload["message"]["content"] for event, payload in heard if event == "edit_message"]
        assert edits[-1] == page[-1].content


async def test_what_was_stored_and_never_told_is_told_when_it_is_sent_again_and_told_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node that stored it died before it could tell of it."""
    anna, berta = await town.person("Anna"), await town.person("Berta")
    name = await group(town[0], anna, berta)
    here, push = conversation(name), {"encrypted_messages": copies(anna, berta), "client_id": NOWHERE}
    async with (
        town.device(0, anna, here) as dying,
        town.device(1, anna, here) as next_one,
        town.device(0, berta, berta.own) as near,
        town.device(1, berta, berta.own) as far,
    ):
        first = await dying.ask(here, "send_message", {"encrypted_messages": copies(anna, berta)})
        assert first == SENT
        monkeypatch.setattr(town[0].chat.hub._fan_out, "publish", lambda telling: asyncio.sleep(0))
        assert await dying.ask(here, "send_message", push) == SENT
        monkeypatch.undo()
        for _ in range(3):
            assert await next_one.ask(here, "send_message", push) == SENT
        assert await dying.ask(here, "send_message", push) == SENT
        in_order = await stored(town, name)
        assert len(in_order) == 2
        assert messages(await near.heard()) == messages(await far.heard()) == in_order


@pytest.mark.parametrize("minutes", [2, 3 * 24 * 60])
async def test_what_was_stored_and_never_told_is_told_once_however_late_its_sender_comes_back(
    minutes: int, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node that stored it died, and its sender's machine was asleep; the others' pages were open all the time."""
    anna, berta = await town.person("Anna"), await town.person("Berta")
    name = await group(town[0], anna, berta)
    here, push = conversation(name), {"encrypted_messages": copies(anna, berta), "client_id": NOWHERE}
    start = {"user_ids": [berta.id], **keys(), "client_id": NOWHERE}
    async with (
        town.device(1, anna, here, GENERAL) as sender,
        town.device(0, berta, berta.own) as near,
        town.device(1, berta, berta.own) as far,
    ):
        chat = town[0].chat
        clock = chat.auth.now
        await chat.messages.send(name, anna.id, copies(anna, berta), clock(), NOWHERE)
        pair = KeyPair.read(*keys().values())
        started = await chat.conversations.start_group(anna.id, [berta.id], None, pair, clock(), NOWHERE)
        writing, starting = parts_with_a_clock(town[1].chat)
        for part in (writing, starting):
            monkeypatch.setattr(part, "_clock", lambda: clock() + minutes * 60_000, raising=False)
        for _ in range(3):
            assert await sender.ask(here, "send_message", push) == SENT
            assert (await sender.ask(GENERAL, "start_group_conversation", start))["response"] == started.conversation.id
        for device in (near, far):
            frames = await device.heard()
            assert messages(frames) == await stored(town, name)
            assert [frame[3] for frame in frames].count("new_conversation") == (minutes < 24 * 60)


async def test_what_is_sent_again_is_not_told_to_those_who_have_joined_since_and_read_it(town: Town) -> None:
    anna, berta = await town.person("Anna"), await town.person("Berta")
    name = await group(town[0], anna, berta)
    here, push = conversation(name), {"encrypted_messages": copies(anna, berta), "client_id": NOWHERE}
    clock = town[0].chat.auth.now
    # As long ago as is told again at all; both nodes have been started since.
    await town[0].chat.messages.send(name, anna.id, copies(anna, berta), clock() - 50_000, NOWHERE)
    async with town.device(0, anna, here) as sender, town.device(1, berta, berta.own, here) as reader:
        assert await sender.ask(here, "send_message", push) == SENT
        assert await reader.heard() == []


async def test_what_is_never_told_ends_the_topics_of_those_who_must_know_of_it_and_they_read_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, berta, carla = [await town.person(name) for name in ("Anna", "Berta", "Carla")]
    name, elsewhere = await group(town[0], anna, berta), await group(town[0], anna, carla)
    here, there, push = conversation(name), conversation(elsewhere), {"encrypted_messages": copies(anna, berta)}
    async with (
        town.device(0, anna, here) as dying,
        town.device(1, anna, here) as sender,
        town.device(1, berta, berta.own, here) as reader,
        town.device(1, carla, carla.own, there) as bystander,
    ):
        assert await dying.ask(here, "send_message", push) == SENT
        assert len(messages(await reader.heard())) == 1
        # From here on time goes by when the test says so.
        monkeypatch.setattr(hub, "TICK_SECONDS", 3600)
        monkeypatch.setattr(town[0].chat.hub._fan_out, "publish", lambda telling: asyncio.sleep(0))
        assert await dying.ask(here, "send_message", push) == SENT
        monkeypatch.delattr(town[0].chat.hub._fan_out, "publish")
        assert await sender.ask(here, "send_message", push) == SENT
        for _ in range(PATIENCE):
            # Nothing is told out of its turn.
            assert await reader.heard() == []
            town[1].chat.hub._tick()
        assert await reader.heard() == []
        town[1].chat.hub._tick()
        ended = await reader.heard()
        assert sorted((frame[2], frame[3]) for frame in ended) == [(here, "phx_error"), (berta.own, "phx_error")]
        snapshot = (await reader.join(here, join_ref="2"))["response"]
        assert len(snapshot["messages"]["items"]) == 3
        assert (await reader.join(berta.own, join_ref="2"))["status"] == "ok"
        # From there on all is told again.
        assert (await sender.join(here, join_ref="2"))["status"] == "ok"
        assert await sender.ask(here, "send_message", push) == SENT
        assert len(messages(await reader.heard())) == 1
        assert await bystander.heard() == []


async def test_whoever_leaves_on_one_node_is_out_on_all_and_hears_no_more_of_it(town: Town) -> None:
    anna, carla = await town.person("Anna"), await town.person("Carla")
    name = await group(town[0], anna, carla)
    here = conversation(name)
    async with (
        town.device(0, anna, here) as stays,
        town.device(0, carla, here) as leaver,
        town.device(1, carla, here, carla.own) as elsewhere,
    ):
        assert await leaver.ask(here, "leave_conversation") == SENT
        assert await leaver.heard() == [["1", "1", here, "phx_close", {}]]
        assert await elsewhere.heard() == [["1", "1", here, "phx_close", {}]]
        assert [frame[3] for frame in await stays.heard()] == ["leave_conversation"]
        assert await stays.ask(here, "send_message", {"encrypted_messages": copies(anna)}) == SENT
        assert await stays.ask(here, "start_typing") == SENT
        assert await leaver.heard() == await elsewhere.heard() == []


async def test_whoever_has_come_back_since_a_leaving_that_is_told_late_joins_again_and_is_let_in(town: Town) -> None:
    anna, carla = await town.person("Anna"), await town.person("Carla")
    name = await group(town[0], anna, carla)
    here = conversation(name)
    async with town.device(0, carla, here) as leaver, town.device(1, carla, here) as left:
        town.wires[0].hang()
        assert await leaver.ask(here, "leave_conversation") == SENT
        # Nobody has heard of it but this node; and she is let in again on the other, in the database.
        await town[1].chat.groups.modify(name, anna.id, [carla.id], None, town[1].chat.auth.now())
        assert (await left.join(here, join_ref="2"))["status"] == "ok"
        town.wires[0].mend()
        # By the places alone it could as well be a leaving since a backup was put in the database's place.
        assert [frame[3] for frame in await left.heard() if frame[0] == "2"] == ["phx_error"]
        assert (await left.join(here, join_ref="3"))["status"] == "ok"
        assert await left.ask(here, "start_typing", join_ref="3") == SENT
        assert [frame[3] for frame in await left.heard()] == ["start_typing"]


async def test_a_group_that_was_stored_and_never_told_is_told_when_it_is_started_again_to_who_is_in_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, berta, carla = [await town.person(name) for name in ("Anna", "Berta", "Carla")]
    push = {"user_ids": [berta.id], **keys(), "client_id": NOWHERE}
    async with (
        town.device(0, anna, GENERAL) as dying,
        town.device(1, anna, GENERAL) as next_one,
        town.device(0, berta, berta.own) as near,
        town.device(1, berta, berta.own) as far,
        town.device(1, carla, carla.own) as stranger,
    ):
        monkeypatch.setattr(town[0].chat.hub._fan_out, "publish", lambda telling: asyncio.sleep(0))
        name = (await dying.ask(GENERAL, "start_group_conversation", push))["response"]
        monkeypatch.undo()
        for again in (push, {**push, "user_ids": [berta.id, carla.id]}):
            assert (await next_one.ask(GENERAL, "start_group_conversation", again))["response"] == name
        for device in (near, far):
            [told] = await device.events("new_conversation")
            assert (told["conversation"]["id"], set(told["user_ids"])) == (name, {anna.id, berta.id})
        assert await stranger.heard() == []


async def test_who_left_by_a_node_that_could_not_tell_of_it_is_out_on_all_when_they_leave_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database did not answer whether the leaving was stored, and it was."""
    anna, carla = await town.person("Anna"), await town.person("Carla")
    here = conversation(await group(town[0], anna, carla))
    leave = town[0].chat.groups.leave

    async def stored_unknown(*arguments: Any) -> int:
        await leave(*arguments)
        raise StoreUnavailable

    async with (
        town.device(0, anna, here) as stays,
        town.device(0, carla, here) as leaver,
        town.device(1, carla, here) as elsewhere,
    ):
        monkeypatch.setattr(town[0].chat.groups, "leave", stored_unknown)
        assert await leaver.ask(here, "leave_conversation") == refused("unavailable")
        monkeypatch.undo()
        assert await leaver.ask(here, "leave_conversation") == refused("not_found")
        assert await leaver.heard() == await elsewhere.heard() == [["1", "1", here, "phx_close", {}]]
        assert await stays.ask(here, "start_typing") == SENT
        assert await leaver.heard() == await elsewhere.heard() == []
