"""Phoenix Channels 2.0.0, frame by frame, as the contract says them."""

import json

import pytest

from chat.channels.protocol import BadFrame, decode
from tests.chat.house import GENERAL, House
from tests.live.node import closing

pytestmark = pytest.mark.anyio


async def test_a_heartbeat_is_answered_with_an_empty_object_and_without_a_join_ref(house: House) -> None:
    async with house.device(await house.person()) as device:
        await device.send(None, "7", "phoenix", "heartbeat", {})
        assert await device.next() == [None, "7", "phoenix", "phx_reply", {"status": "ok", "response": {}}]
        await device.send("3", "8", "phoenix", "heartbeat", {})
        assert await device.next() == [None, "8", "phoenix", "phx_reply", {"status": "ok", "response": {}}]


async def test_a_reply_echoes_both_refs_whatever_kind_of_ref_a_client_counts_with(house: House) -> None:
    person = await house.person()
    async with house.device(person) as device:
        for join_ref, ref in (("1", "2"), (1, 2), (None, None), ("a", 5)):
            await device.send(join_ref, ref, person.own, "phx_join", {})
            *_, reply = [await device.next()] if join_ref == "1" else [await device.next(), await device.next()]
            assert reply == [join_ref, ref, person.own, "phx_reply", {"status": "ok", "response": {}}]
            assert type(reply[0]) is type(join_ref)


async def test_a_join_is_answered_before_presence_is_told_and_presence_bears_the_join_ref(house: House) -> None:
    person = await house.person()
    async with house.device(person) as device:
        await device.send("4", "5", GENERAL, "phx_join", {"token": person.token})
        reply, state, difference = [await device.next() for _ in range(3)]
        assert reply == ["4", "5", GENERAL, "phx_reply", {"status": "ok", "response": {}}]
        assert state[:4] == ["4", None, GENERAL, "presence_state"]
        assert difference[:4] == [None, None, GENERAL, "presence_diff"]
        assert difference[4] == {"joins": state[4], "leaves": {}}


async def test_a_second_join_replaces_the_first_which_is_closed_with_its_own_join_ref(house: House) -> None:
    person = await house.person()
    async with house.device(person) as device:
        await device.send("1", "1", GENERAL, "phx_join", {})
        await device.heard()
        await device.send("9", "9", GENERAL, "phx_join", {})
        closed, reply, state = [frame for frame in await device.heard() if frame[3] != "presence_diff"]
        assert closed == ["1", "1", GENERAL, "phx_close", {}]
        assert reply == ["9", "9", GENERAL, "phx_reply", {"status": "ok", "response": {}}]
        assert state[0] == "9"
        assert [len(entry["metas"]) for entry in state[4].values()] == [1]


async def test_leaving_is_answered_and_then_closed_with_the_join_ref(house: House) -> None:
    person = await house.person()
    async with house.device(person, person.own) as device:
        await device.send("1", "6", person.own, "phx_leave", {})
        assert await device.next() == ["1", "6", person.own, "phx_reply", {"status": "ok", "response": {}}]
        assert await device.next() == ["1", "1", person.own, "phx_close", {}]
        unmatched = {"status": "error", "response": {"reason": "unmatched topic"}}
        assert await device.ask(person.own, "renew", {"token": person.token}) == unmatched


async def test_leaving_what_is_not_joined_is_answered_in_the_same_way(house: House) -> None:
    async with house.device(await house.person()) as device:
        await device.send("2", "6", "nowhere:at_all", "phx_leave", {})
        assert await device.next() == ["2", "6", "nowhere:at_all", "phx_reply", {"status": "ok", "response": {}}]
        assert await device.next() == ["2", "2", "nowhere:at_all", "phx_close", {}]


async def test_a_topic_that_does_not_exist_is_said_to_be_unmatched(house: House) -> None:
    async with house.device(await house.person()) as device:
        unmatched = {"status": "error", "response": {"reason": "unmatched topic"}}
        for topic in ("phoenix", "", ":", "system", "system:other", "lobby", "user", "x" * 5000, "é:\n"):
            assert await device.join(topic, {"token": "bad"}) == unmatched, topic
            assert await device.ask(topic, "anything", {"token": "bad"}) == unmatched, topic


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "hello",
        '["1","2","phoenix","heartbeat"]',
        '["1","2","phoenix","heartbeat",{},1]',
        '["1","2",3,"heartbeat",{}]',
        '["1","2","phoenix",null,{}]',
        '[{},"2","phoenix","heartbeat",{}]',
        '["1","2","phoenix","heartbeat",{"a":NaN}]',
        '["1","2","phoe\\ud800nix","heartbeat",{}]',
        '["1","2","phoenix","heartbeat",' + "[" * 100_000,
        '{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}',
    ],
)
def test_text_that_is_no_frame_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(BadFrame):
        decode(text)


async def test_text_that_is_no_frame_closes_the_socket_with_1007(house: House) -> None:
    person = await house.person()
    for text in ("", "{}", '["1","2","phoenix","heartbeat"]', "[" * 100_000):
        async with house.device(person) as device:
            await device.line.send(text)
            assert (await closing(device.line))[0] == 1007


async def test_a_binary_frame_closes_the_socket_with_1003(house: House) -> None:
    async with house.device(await house.person()) as device:
        await device.line.send(b"\x00\x01")
        assert (await closing(device.line))[0] == 1003


async def test_a_frame_over_256_kib_closes_the_socket_with_1009_and_one_of_256_kib_does_not(house: House) -> None:
    async with house.device(await house.person()) as device:
        frame = json.dumps([None, "1", "phoenix", "heartbeat", {"a": ""}])
        await device.line.send(frame.replace('""', '"' + "a" * (256 * 1024 - len(frame)) + '"'))
        assert (await device.next())[4]["status"] == "ok"
        await device.line.send(frame.replace('""', '"' + "a" * (256 * 1024 - len(frame) + 1) + '"'))
        assert (await closing(device.line))[0] == 1009


async def test_a_payload_that_is_no_object_is_an_invalid_request_and_the_socket_stays(house: House) -> None:
    async with house.device(await house.person(), GENERAL) as device:
        invalid = {"status": "error", "response": "invalid_request"}
        payloads: tuple[object, ...] = ([], "text", 5, True)
        for payload in payloads:
            assert await device.ask(GENERAL, "set_hidden", payload) == invalid
            assert await device.join(GENERAL, payload) == invalid


async def test_half_a_character_in_a_payload_is_an_invalid_request_and_the_socket_stays(house: House) -> None:
    """A browser's JSON has it as an escape, where a text was cut in the middle of an emoji."""
    anna = await house.person()
    async with house.device(anna, GENERAL) as device:
        await device.line.send('["1","9","system:general","set_display_name",{"display_name":"\\ud83d"}]')
        answer = {"status": "error", "response": "invalid_request"}
        assert await device.next() == ["1", "9", GENERAL, "phx_reply", answer]
        assert (await device.ask(GENERAL, "set_display_name", {"display_name": "Anna"}))["status"] == "ok"


async def test_a_payload_of_null_counts_as_an_empty_one(house: House) -> None:
    person = await house.person()
    async with house.device(person) as device:
        await device.send("1", "1", person.own, "phx_join", None)
        assert (await device.next())[4] == {"status": "ok", "response": {}}
