"""Messages over the socket: who is sent which copy, what is refused, and that everybody sees one order."""

import asyncio
import contextlib
import functools
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from chat import jwk, message
from tests.chat.house import GENERAL, Device, House, Person
from tests.chat.talk import NOWHERE, SENT, conversation, copies, group, keys, private, refused

pytestmark = pytest.mark.anyio


async def stored(house: House, conversation_id: str, *people: Person) -> list[list[str]]:
    """What each of them could read of it, newest first."""
    messages = house.chat.messages
    pages = [await messages.page(conversation_id, person.id, None, 100) for person in people]
    return [[message.content for message in page] for page in pages]


@contextlib.asynccontextmanager
async def devices_of(house: House, people: list[Person], topic: str) -> AsyncIterator[list[Device]]:
    """One of each of them, in their own topic and in this one."""
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(house.device(person, person.own, topic)) for person in people]


async def test_each_recipient_is_sent_their_own_copy_on_all_their_devices_after_the_senders_reply(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta))
    async with (
        house.device(anna, anna.own, here) as sender,
        house.device(berta, berta.own) as one,
        house.device(berta, berta.own, here) as other,
    ):
        push = {"encrypted_messages": {anna.id: "bWluZQ==", berta.id: "eW91cnM="}}
        await sender.send("1", "9", here, "send_message", push)
        reply, own_copy = await sender.next(), await sender.next()
        assert reply == ["1", "9", here, "phx_reply", SENT]
        mine = own_copy[4]["message"]
        told = {"message": {**mine, "content": "bWluZQ=="}, "conversation_id": conversation_id}
        assert own_copy == [None, None, anna.own, "new_message", told]
        assert set(mine) == {"id", "sender", "content", "message_group", "inserted_at", "updated_at"}
        assert (mine["sender"], mine["inserted_at"]) == (anna.id, mine["updated_at"])
        heard = await one.heard()
        assert await other.heard() == heard
        theirs = heard[0][4]["message"]
        assert theirs["id"] != mine["id"]
        told = {"message": {**mine, "id": theirs["id"], "content": "eW91cnM="}, "conversation_id": conversation_id}
        assert heard == [[None, None, berta.own, "new_message", told]]
        assert await sender.heard() == []


async def test_a_message_for_strangers_or_without_a_member_is_refused_and_nothing_is_stored(house: House) -> None:
    anna, berta, carla = [await house.person(name) for name in ("Anna", "Berta", "Carla")]
    here = conversation(conversation_id := await group(house, anna, berta))
    wrong: list[dict[str, Any]] = [
        {},
        copies(anna),
        copies(berta),
        copies(anna, berta, carla),
        copies(anna, carla),
        {**copies(anna, berta), NOWHERE: "aGVsbG8="},
        {**copies(anna), berta.id.upper(): "aGVsbG8="},
        {**copies(anna, berta), berta.id.upper(): "aGVsbG8="},
        {**copies(anna, berta), "": "aGVsbG8="},
    ]
    bad: list[object] = ["", "no base64", "a", None, 5, ["aGVsbG8="], "A" * 65_540, "aGVs\n", "<b>x</b>"]
    async with (
        house.device(anna, anna.own, here) as device,
        house.device(berta, berta.own, here) as other,
        house.device(carla, carla.own) as stranger,
    ):
        for push in wrong:
            answer = await device.ask(here, "send_message", {"encrypted_messages": push})
            assert answer == refused("wrong_recipients"), push
        for text in bad:
            push = {anna.id: "aGVsbG8=", berta.id: text}
            for token in ({}, {"token": "bad"}):
                answer = await device.ask(here, "send_message", {"encrypted_messages": push, **token})
                assert answer == refused("invalid_message"), text
        shapes: list[object] = [None, [], "x", 5]
        shapeless: list[dict[str, object]] = [{}, *({"encrypted_messages": each} for each in shapes)]
        for payload in shapeless:
            assert await device.ask(here, "send_message", payload) == refused("invalid_request")
        push = {"encrypted_messages": copies(anna, berta), "token": carla.token}
        assert await device.ask(here, "send_message", push) == refused("invalid_token")
        assert [await each.heard() for each in (device, other, stranger)] == [[], [], []]
        assert await stored(house, conversation_id, anna, berta) == [[], []]


async def test_a_message_sent_again_with_its_client_id_is_stored_once_told_once_and_answered_alike(
    house: House,
) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta))
    client_id = str(uuid.uuid4())
    async with (
        house.device(anna, here) as device,
        house.device(anna, here) as second,
        house.device(berta, berta.own, here) as other,
    ):
        push = {"encrypted_messages": copies(anna, berta), "client_id": client_id}
        answers = await asyncio.gather(*(each.ask(here, "send_message", push) for each in (device, second)))
        assert answers == [SENT, SENT]
        assert await device.ask(here, "send_message", push) == SENT
        assert len(await other.events("new_message")) == 1
        # The same id of somebody else's is another message.
        assert await other.ask(here, "send_message", push) == SENT
        assert len(await other.events("new_message")) == 1
        assert len((await stored(house, conversation_id, anna))[0]) == 2
        for wrong in ("", "1", client_id.replace("-", ""), 5):
            answer = await device.ask(here, "send_message", {**push, "client_id": wrong})
            assert answer == refused("invalid_request"), wrong


async def test_a_deleted_message_does_not_come_back_when_it_is_sent_again(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta))
    async with house.device(anna, here) as device, house.device(berta, berta.own, here) as other:
        push = {"encrypted_messages": copies(anna, berta), "client_id": str(uuid.uuid4())}
        assert await device.ask(here, "send_message", push) == SENT
        [told] = await other.events("new_message")
        deletion = {"message_group_id": told["message"]["message_group"]}
        await device.ask(here, "delete_message", deletion)
        assert await device.ask(here, "send_message", push) == SENT
        assert await other.events("new_message") == []
        for event, more in (("delete_message", {}), ("edit_message", {"encrypted_messages": copies(anna, berta)})):
            assert await device.ask(here, event, {**deletion, **more}) == refused("not_found")
        # Without an id of the client's it is another message.
        assert await device.ask(here, "send_message", {"encrypted_messages": copies(anna, berta)}) == SENT
        assert len(await other.events("new_message")) == 1
    [numbers, *_] = await stored(house, conversation_id, anna)
    assert len(numbers) == 1


async def test_an_edit_reaches_current_members_with_a_copy_and_no_one_else(house: House) -> None:
    anna, berta, carla, dora = [await house.person(name) for name in ("Anna", "Berta", "Carla", "Dora")]
    here = conversation(conversation_id := await group(house, anna, berta, carla))
    async with (
        house.device(anna, anna.own, here) as device,
        house.device(berta, berta.own) as member,
        house.device(carla, carla.own, here) as former,
        house.device(dora, dora.own) as newcomer,
    ):
        await device.ask(here, "send_message", {"encrypted_messages": copies(anna, berta, carla, text="b2xk")})
        [told] = await member.events("new_message")
        message_group = told["message"]["message_group"]
        await former.ask(here, "leave_conversation")
        await device.ask(here, "modify_conversation", {"new_members": [dora.id]})
        for each in (device, former, newcomer):
            await each.heard()

        edit = {"message_group_id": message_group, "encrypted_messages": copies(anna, berta, dora, text="bmV3")}
        assert await device.ask(here, "edit_message", edit) == SENT
        assert [await each.heard() for each in (former, newcomer)] == [[], []]
        [edited] = await member.events("edit_message")
        assert edited["message"]["updated_at"] > edited["message"]["inserted_at"]
        message = {**told["message"], "content": "bmV3", "updated_at": edited["message"]["updated_at"]}
        assert edited == {"message": message, "conversation_id": conversation_id}
        [own_copy] = await device.heard()
        assert own_copy[2:4] == [anna.own, "edit_message"]
        assert await stored(house, conversation_id, anna, berta, dora) == [["bmV3"], ["bmV3"], []]

        for wrong in (copies(anna), copies(berta), {**copies(anna, berta), NOWHERE: "bmV3"}):
            push = {"message_group_id": message_group, "encrypted_messages": wrong}
            assert await device.ask(here, "edit_message", push) == refused("wrong_recipients"), wrong
        push = {"message_group_id": message_group, "encrypted_messages": {anna.id: "bmV3", berta.id: "?"}}
        assert await device.ask(here, "edit_message", push) == refused("invalid_message")
        assert await device.heard() == []


async def test_only_the_sender_edits_or_deletes_and_others_are_answered_as_if_it_were_not_there(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta))
    elsewhere = conversation(await group(house, anna, berta))
    async with (
        house.device(anna, anna.own, here, elsewhere) as device,
        house.device(berta, berta.own, here, elsewhere) as other,
    ):
        await device.ask(here, "send_message", {"encrypted_messages": copies(anna, berta)})
        [told] = await device.events("new_message")
        message_group = told["message"]["message_group"]
        await other.heard()
        text = {"encrypted_messages": copies(anna, berta, text="bmV3")}
        for asker, topic, name in (
            (other, here, message_group),
            (device, elsewhere, message_group),
            (device, here, told["message"]["id"]),
            (device, here, message_group.upper()),
            (device, here, NOWHERE),
            (device, here, ""),
        ):
            for event in ("edit_message", "delete_message"):
                push = {"message_group_id": name, **text}
                assert await asker.ask(topic, event, push) == refused("not_found"), (event, name)
        for name in (None, 5, [message_group]):
            assert await device.ask(here, "delete_message", {"message_group_id": name}) == refused("invalid_request")
        assert (await device.heard(), await other.heard()) == ([], [])
        assert await stored(house, conversation_id, anna, berta) == [["aGVsbG8="], ["aGVsbG8="]]

        await device.send("1", "9", here, "delete_message", {"message_group_id": message_group})
        assert await device.next() == ["1", "9", here, "phx_reply", SENT]
        deleted = [None, None, here, "delete_message", {"message_group_id": message_group}]
        assert (await device.heard(), await other.heard()) == ([deleted], [deleted])
        assert await stored(house, conversation_id, anna, berta) == [[], []]
        assert await device.ask(here, "delete_message", {"message_group_id": message_group}) == refused("not_found")


async def test_everybody_sees_one_order_with_many_who_write_at_once(house: House) -> None:
    people = [await house.person(f"Person {number}") for number in range(6)]
    here = conversation(conversation_id := await group(house, *people))

    async def write(device: Device) -> None:
        for _ in range(25):
            push = {"encrypted_messages": copies(*people), "client_id": str(uuid.uuid4())}
            assert await device.ask(here, "send_message", push) == SENT

    async with devices_of(house, people, here) as devices:
        await asyncio.gather(*map(write, devices))
        seen = [[told["message"]["message_group"] for told in await each.events("new_message")] for each in devices]
        assert len(set(seen[0])) == 6 * 25
        assert all(order == seen[0] for order in seen)
        pages = await house.chat.messages.page(conversation_id, people[0].id, None, 200)
        assert [message.message_group for message in reversed(pages)] == seen[0]


async def test_news_of_different_kinds_keep_the_order_of_their_writes(house: House) -> None:
    """Each message is deleted by its sender as soon as they hear of it: nobody hears of that before."""
    people = [await house.person(f"Person {number}") for number in range(3)]
    here = conversation(await group(house, *people))

    async def write(device: Device) -> None:
        for _ in range(20):
            await device.ask(here, "send_message", {"encrypted_messages": copies(*people)})

    async def delete_own(device: Device, person: Person) -> None:
        for _ in range(20):
            frame = await device.next()
            while frame[3] != "new_message" or frame[4]["message"]["sender"] != person.id:
                frame = await device.next()
            name = frame[4]["message"]["message_group"]
            await device.send("1", "0", here, "delete_message", {"message_group_id": name})

    async with (
        devices_of(house, people, here) as writers,
        devices_of(house, people, here) as cleaners,
        house.device(people[0], people[0].own, here) as watcher,
    ):
        cleaning = [delete_own(*each) for each in zip(cleaners, people, strict=True)]
        await asyncio.gather(*map(write, writers), *cleaning)
        for cleaner in cleaners:
            await cleaner.heard()
        alive: set[str] = set()
        for _, _, _, event, payload in await watcher.heard():
            if event == "new_message":
                alive.add(payload["message"]["message_group"])
            elif event == "delete_message":
                alive.remove(payload["message_group_id"])
        assert alive == set()


async def test_a_sender_whose_socket_dies_after_the_write_changes_nothing_for_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled, even: as a server does with what is still at work when its time to drain is over."""
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(conversation_id := await group(house, anna, berta))
    send, written, go_on = house.chat.messages.send, asyncio.Event(), asyncio.Event()
    serving: set[asyncio.Task[Any]] = set()

    async def slowly(*arguments: Any) -> Any:
        delivered = await send(*arguments)
        written.set()
        await go_on.wait()
        return delivered

    async with house.device(berta, berta.own) as other:
        before = asyncio.all_tasks()
        async with house.device(anna, here) as device:
            serving = {each for each in asyncio.all_tasks() - before if "run_asgi" in str(each.get_coro())}
            monkeypatch.setattr(house.chat.messages, "send", slowly)
            await device.send("1", "1", here, "send_message", {"encrypted_messages": copies(anna, berta)})
            await written.wait()
            device.line.transport.abort()
            assert len(serving) == 1
            for task in serving:
                task.cancel()
            await asyncio.wait(serving)
        go_on.set()
        frame = await other.next()
        assert frame[2:4] == [berta.own, "new_message"]
    assert len((await stored(house, conversation_id, berta))[0]) == 1


async def test_a_private_conversation_takes_messages_of_its_two_people(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = conversation(await private(house, anna, berta))
    async with house.device(anna, here) as device, house.device(berta, berta.own) as other:
        assert await device.ask(here, "send_message", {"encrypted_messages": copies(anna, berta)}) == SENT
        assert len(await other.events("new_message")) == 1


async def test_a_message_of_64_kib_a_copy_passes_and_one_more_character_does_not(house: House) -> None:
    anna = await house.person()
    here = conversation(await group(house, anna))
    async with house.device(anna, here) as device:
        for length, answer in ((65_536, SENT), (65_540, refused("invalid_message"))):
            push = {"encrypted_messages": copies(anna, text="A" * length)}
            assert await device.ask(here, "send_message", push) == answer


async def test_what_is_costly_to_check_is_checked_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = await house.person()
    here = conversation(await group(house, anna))
    checked: list[object] = []

    def counted(check: Callable[[object], object], each: object) -> object:
        checked.append(each)
        return check(each)

    monkeypatch.setattr(message, "_is_encrypted", functools.partial(counted, message._is_encrypted))
    monkeypatch.setattr(jwk, "_members", functools.partial(counted, jwk._members))
    async with house.device(anna, GENERAL, here) as device:
        assert await device.ask(here, "send_message", {"encrypted_messages": copies(anna)}) == SENT
        assert checked == ["aGVsbG8="]
        assert await device.ask(here, "set_encryption_keys", keys(2)) == SENT
        assert len(checked) == 3
        assert (await device.ask(GENERAL, "start_group_conversation", {"user_ids": [], **keys()}))["status"] == "ok"
        assert len(checked) == 5
