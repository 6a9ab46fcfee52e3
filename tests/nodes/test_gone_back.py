"""The database has gone back: a standby that lagged took over, or a backup was put in its place. Places are given
again, the bus stays whole, and yet nobody misses a message, and whoever leaves is out."""

import pytest

from latchstring import Statement
from tests.chat.house import Device
from tests.chat.talk import SENT, conversation, copies, group, refused
from tests.nodes.town import Town

pytestmark = pytest.mark.anyio

LOST = 5


async def go_back(town: Town, conversation_id: str) -> None:
    """The last that was written there, and told, the database has never heard of."""
    await town.settle()
    engine, here = town[0].chat.auth.engine, {"id": conversation_id}
    [(last,)] = await engine.read(Statement("SELECT last_seq FROM conversations WHERE id = :id", here))
    for sql in (
        "DELETE FROM message_copies WHERE conversation_id = :id AND seq > :last",
        "DELETE FROM message_groups WHERE conversation_id = :id AND seq > :last",
        "UPDATE conversations SET last_seq = :last WHERE id = :id",
    ):
        await engine.write(Statement(sql, {**here, "last": last - LOST}))


async def ends(device: Device) -> dict[str, str]:
    """Which topics have ended, and how; nothing else was heard."""
    frames = await device.heard()
    assert {frame[3] for frame in frames} <= {"phx_error", "phx_close"}
    return {frame[2]: frame[3] for frame in frames}


async def test_what_is_written_at_places_that_were_told_before_is_read_by_everybody_and_then_told_as_ever(
    town: Town,
) -> None:
    anna, berta, carla = [await town.person(name) for name in ("Anna", "Berta", "Carla")]
    name, elsewhere = await group(town[0], anna, berta), await group(town[0], anna, carla)
    here, there, push = conversation(name), conversation(elsewhere), {"encrypted_messages": copies(anna, berta)}
    async with (
        town.device(0, anna, here) as sender,
        town.device(0, berta, berta.own, here) as near,
        town.device(1, berta, berta.own, here) as far,
        town.device(1, carla, carla.own, there) as bystander,
    ):
        assert await sender.ask(here, "send_message", push) == SENT
        for _ in range(LOST):
            assert await sender.ask(here, "send_message", push) == SENT
        for device in (near, far):
            assert len(await device.events("new_message")) == 1 + LOST
        await go_back(town, name)
        assert await sender.ask(here, "send_message", push) == SENT
        assert await ends(sender) == {here: "phx_error"}
        for device in (near, far):
            assert await ends(device) == {here: "phx_error", berta.own: "phx_error"}
            snapshot = (await device.join(here, join_ref="2"))["response"]
            assert len(snapshot["messages"]["items"]) == 2
            assert (await device.join(berta.own, join_ref="2"))["status"] == "ok"
        assert (await sender.join(here, join_ref="2"))["status"] == "ok"
        for _ in range(2 * LOST):
            assert await sender.ask(here, "send_message", push) == SENT
        for device in (near, far):
            assert [frame[3] for frame in await device.heard()] == ["new_message"] * 2 * LOST
        assert await bystander.heard() == []


@pytest.mark.parametrize("remembers", [True, False], ids=["nodes that heard it", "nodes that remember nothing"])
async def test_whoever_leaves_at_a_place_before_the_one_at_which_they_were_let_in_is_out_all_the_same(
    remembers: bool, town: Town
) -> None:
    anna, carla = await town.person("Anna"), await town.person("Carla")
    name = await group(town[0], anna, carla)
    here, push = conversation(name), {"encrypted_messages": copies(anna, carla)}
    async with town.device(0, anna, here) as stays:
        for _ in range(LOST):
            assert await stays.ask(here, "send_message", push) == SENT
        async with town.device(0, carla, here) as leaver, town.device(1, carla, here) as elsewhere:
            await go_back(town, name)
            if not remembers:
                for node in town.nodes:
                    node.hub._turns.forget()
            assert await leaver.ask(here, "leave_conversation") == SENT
            for device in (leaver, elsewhere):
                assert await ends(device) == {here: "phx_error"}
                assert await device.join(here, join_ref="2") == refused("not_found")
            [told] = await stays.heard()
            assert told[3] == ("phx_error" if remembers else "leave_conversation")
            assert (await stays.join(here, join_ref="2"))["status"] == "ok"
            push = {"encrypted_messages": copies(anna)}
            assert await stays.ask(here, "send_message", push, join_ref="2") == SENT
            assert await leaver.heard() == await elsewhere.heard() == []
