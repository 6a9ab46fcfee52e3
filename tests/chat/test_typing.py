"""Typing ends with the word that says so, and with whatever takes the typist away."""

from typing import Any

import pytest

from tests.chat.house import House
from tests.chat.talk import SENT, conversation, group

pytestmark = pytest.mark.anyio


async def test_who_leaves_a_topic_or_closes_the_socket_while_typing_is_told_to_have_finished(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    started = [None, None, here, "start_typing", {"user_id": anna.id}]
    finished = [None, None, here, "finish_typing", {"user_id": anna.id}]
    async with house.device(berta, here) as watching:
        async with house.device(anna, here) as device:
            assert await device.ask(here, "start_typing") == SENT
            await device.ask(here, "phx_leave")
            assert [await watching.next() for _ in range(2)] == [started, finished]
            await device.join(here)
            assert await device.ask(here, "start_typing") == SENT
        assert [await watching.next() for _ in range(2)] == [started, finished]


async def test_who_is_signed_out_from_afar_while_typing_is_told_to_have_finished(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    async with house.device(berta, here) as watching, house.device(anna, here) as device:
        assert await device.ask(here, "start_typing") == SENT
        await house.chat.auth.sessions.end_all(anna.id)
        assert [(await watching.next())[3] for _ in range(2)] == ["start_typing", "finish_typing"]


@pytest.mark.parametrize("said", [[], ["start_typing", "finish_typing"]])
async def test_who_was_not_typing_any_more_is_not_told_of_again(house: House, said: list[str]) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    async with house.device(berta, here) as watching:
        async with house.device(anna, here) as device:
            for event in said:
                assert await device.ask(here, event) == SENT
            await device.ask(here, "phx_leave")
        assert [frame[3] for frame in await watching.heard()] == said


async def test_who_leaves_for_good_while_typing_is_told_to_have_left_and_no_more(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await group(house, anna, berta))
    async with house.device(berta, here) as watching, house.device(anna, here) as device:
        assert await device.ask(here, "start_typing") == SENT
        assert await device.ask(here, "leave_conversation") == SENT
        frames: list[Any] = await watching.heard()
        assert [frame[3] for frame in frames] == ["start_typing", "leave_conversation"]
