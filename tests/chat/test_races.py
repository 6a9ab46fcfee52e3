"""Leaving, writing, joining and signing out at the same moment, hundreds of times: whatever came first, what was heard
is what was stored for whom, and nobody hears anything from their leaving's acknowledgement on."""

import asyncio
import contextlib
import random
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from latchstring import Statement
from tests.chat.house import Device, Frame, House, Person
from tests.chat.talk import SENT, conversation, copies, group, refused
from tests.live.node import until

pytestmark = pytest.mark.anyio

ROUNDS = 40
"""On each of two databases."""
SHUFFLE = random.Random(3)


def take(device: Device) -> list[Frame]:
    """What came before the answer that was asked for."""
    kept, device._kept = device._kept, []
    return kept


def groups(frames: list[Frame], topic: str) -> list[str]:
    return [frame[4]["message"]["message_group"] for frame in frames if frame[2] == topic and frame[3] == "new_message"]


@dataclass
class Scene:
    """Berta stays and writes; Carla leaves on one device, joins on another, and listens on a third."""

    house: House
    berta: Person
    carla: Person
    writer: Device
    leaver: Device
    joiner: Device
    listener: Device

    async def write(self, here: str) -> None:
        everybody, alone = copies(self.berta, self.carla), copies(self.berta)
        for _ in range(SHUFFLE.randint(1, 4)):
            answer = await self.writer.ask(here, "send_message", {"encrypted_messages": everybody})
            if answer != SENT:
                assert answer == refused("wrong_recipients")
                assert await self.writer.ask(here, "send_message", {"encrypted_messages": alone}) == SENT
            assert await self.writer.ask(here, "start_typing") == SENT

    async def leave(self, here: str) -> list[Frame]:
        assert await self.leaver.ask(here, "leave_conversation") == SENT
        return take(self.leaver)

    async def join(self, here: str) -> None:
        for number in range(SHUFFLE.randint(1, 3)):
            await self.joiner.send(f"j{number}", f"j{number}", here, "phx_join", {})

    async def play(self) -> None:
        name = await group(self.house, self.berta, self.carla)
        here = conversation(name)
        await self.writer.join(here)
        await self.leaver.join(here)
        leaving = self.leave(here)
        parts = [self.write(here), leaving, self.join(here)]
        SHUFFLE.shuffle(parts)
        heard = (await asyncio.gather(*parts))[parts.index(leaving)]
        # Whatever is written now is a canary.
        assert await self.writer.ask(here, "send_message", {"encrypted_messages": copies(self.berta)}) == SENT
        assert await self.writer.ask(here, "finish_typing") == SENT
        self.check_leaver(here, heard or [], await self.leaver.heard())
        check_joiner(here, await self.joiner.heard())
        listened = groups(await self.listener.heard(), self.carla.own)
        assert listened == await self.stored(name, self.carla)
        assert groups(await self.writer.heard(), self.berta.own) == await self.stored(name, self.berta)
        assert len(self.house.chat.hub._subscriptions[here]) == 1
        await self.writer.ask(here, "phx_leave")

    def check_leaver(self, here: str, before: list[Frame], after: list[Frame]) -> None:
        assert all(frame[3] not in ("phx_close", "finish_typing") for frame in before)
        assert after == [["1", "1", here, "phx_close", {}]]

    async def stored(self, conversation_id: str, person: Person) -> list[str]:
        """Oldest first. A former member has their copies still, and may not read them: here they are looked up."""
        rows = await self.house.chat.auth.engine.read(
            Statement(
                "SELECT g.id FROM message_copies AS k JOIN message_groups AS g USING (conversation_id, seq)"
                " WHERE k.conversation_id = :id AND k.recipient_id = :person ORDER BY seq",
                {"id": conversation_id, "person": person.id},
            )
        )
        return [row[0] for row in rows]


def check_joiner(here: str, frames: list[Frame]) -> None:
    """Frames of the topic lie between a join's reply and the end of it, and the end is always last."""
    inside: str | None = None
    for join_ref, _, topic, event, payload in frames:
        if topic != here:
            continue
        if event == "phx_reply" and payload["status"] == "ok":
            inside = join_ref
        elif event == "phx_reply":
            assert payload == refused("not_found")
        elif event == "phx_close":
            assert join_ref == inside
            inside = None
        else:
            assert inside is not None, (event, payload)
            assert event != "finish_typing"
    assert inside is None


async def test_whoever_leaves_hears_nothing_more_however_it_races_with_writing_and_joining(house: House) -> None:
    berta, carla = await house.person("Berta"), await house.person("Carla")
    async with (
        house.device(berta, berta.own) as writer,
        house.device(carla) as leaver,
        house.device(carla) as joiner,
        house.device(carla, carla.own) as listener,
    ):
        scene = Scene(house, berta, carla, writer, leaver, joiner, listener)
        for _ in range(ROUNDS):
            await scene.play()
    await until(lambda: house.chat.hub._subscriptions == {})


async def read_to_the_end(device: Device) -> list[Frame]:
    frames = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            frames.append(await device.next())
    return frames


async def test_a_session_that_is_revoked_while_it_joins_and_others_write_hears_what_was_stored_and_then_its_end(
    house: House,
) -> None:
    """What it heard is the beginning of what was stored for it, in that order; then comes 4401 and nothing else."""
    berta, carla = await house.person("Berta"), await house.person("Carla")
    name = await group(house, berta, carla)
    here = conversation(name)
    async with house.device(berta, berta.own, here) as writer:
        for _ in range(ROUNDS):
            pair = await house.sign_in(carla.id)
            await writer.heard()
            async with house.device(carla, carla.own, token=pair.auth_token) as device:

                async def write() -> None:
                    for _ in range(3):
                        push = {"encrypted_messages": copies(berta, carla)}
                        assert await writer.ask(here, "send_message", push) == SENT

                async def join(device: Device = device) -> None:
                    with contextlib.suppress(ConnectionClosed):
                        for number in range(3):
                            await device.send(f"{number}", f"{number}", here, "phx_join", {})
                            await device.send(f"{number}", f"t{number}", here, "start_typing", {})

                parts = [write(), join(), house.chat.auth.sessions.end(pair.session_id)]
                SHUFFLE.shuffle(parts)
                reading = asyncio.create_task(read_to_the_end(device))
                await asyncio.gather(*parts)
                frames = await reading
                assert device.line.close_code == 4401
            written = groups(await writer.heard(), berta.own)
            assert len(written) == 3
            heard = groups(frames, carla.own)
            assert heard == written[: len(heard)]
            replies = [frame for frame in frames if frame[2] == here and frame[3] == "phx_reply"]
            assert {str(frame[4]["response"]) for frame in replies if frame[4]["status"] == "error"} <= {
                "invalid_token",
                "{'reason': 'unmatched topic'}",
            }
    await until(lambda: house.chat.hub._subscriptions == {})
    await until(lambda: len(house.chat.auth.connections) == 0)


async def test_two_members_who_leave_at_once_leave_the_rest_with_one_order_and_right_members(house: House) -> None:
    people = [await house.person(name) for name in ("Anna", "Berta", "Carla", "Dora")]
    anna, berta, carla, dora = people
    async with contextlib.AsyncExitStack() as stack:
        devices = [await stack.enter_async_context(house.device(person, person.own)) for person in people]
        for _ in range(ROUNDS):
            name = await group(house, *people)
            here = conversation(name)
            for device in devices:
                await device.join(here)
            answers: Any = await asyncio.gather(
                devices[0].ask(here, "leave_conversation"),
                devices[1].ask(here, "leave_conversation"),
                devices[2].ask(here, "send_message", {"encrypted_messages": copies(*people)}),
                devices[3].ask(here, "send_message", {"encrypted_messages": copies(carla, dora)}),
            )
            assert answers[:2] == [SENT, SENT]
            assert all(answer in (SENT, refused("wrong_recipients")) for answer in answers)
            orders = [
                [(frame[3], str(frame[4].get("user_id"))) for frame in await device.heard()] for device in devices
            ]
            assert orders[2] == orders[3]
            left = [user_id for event, user_id in orders[2] if event == "leave_conversation"]
            assert sorted(left) == sorted([anna.id, berta.id])
            # Whoever left first heard nothing of the other's leaving.
            first = devices[[anna.id, berta.id].index(left[0])]
            assert ("leave_conversation", left[1]) not in orders[devices.index(first)]
            members = await house.chat.rosters.members(name)
            assert {member.person.id for member in members} == {carla.id, dora.id}
