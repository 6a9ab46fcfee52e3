"""Messages: a copy for each member or nothing, in one order; edited and deleted by the sender alone."""

import asyncio
import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest

from chat.message import TEXT_LENGTH, Delivered
from chat.refusals import InvalidMessage, NoConversation, WrongRecipients
from latchstring import InvalidRequest, Statement
from tests.chat.house import House, Person, opened
from tests.chat.test_conversations import NOBODY, ODD_IDS, group

pytestmark = pytest.mark.anyio


def copies(*people: Person, text: str = "AAAA") -> dict[str, str]:
    return {person.id: text for person in people}


async def contents(house: House, conversation_id: str, reader: Person) -> list[str]:
    return [each.content for each in await house.chat.messages.page(conversation_id, reader.id, None, 100)]


async def count(house: House, table: str) -> int:
    [(number,)] = await house.chat.auth.engine.read(Statement(f"SELECT count(*) FROM {table}"))
    return int(number)


async def test_each_member_gets_their_own_copy(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna, berta)
    sent = await house.chat.messages.send(here, anna.id, {anna.id: "QUFB", berta.id: "QkJC"}, 2000)
    assert sent.is_new
    assert {each: copy.content for each, copy in sent.copies.items()} == {anna.id: "QUFB", berta.id: "QkJC"}
    for person in (anna, berta):
        [stored] = await house.chat.messages.page(here, person.id, None, 20)
        assert stored == sent.copies[person.id]
        assert (stored.sender, stored.message_group, stored.inserted_at) == (anna.id, sent.message_group, 2000)
    assert sent.copies[anna.id].id != sent.copies[berta.id].id != sent.message_group


async def test_missing_and_foreign_recipients_are_refused_and_nothing_is_stored(house: House) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    here = await group(house, anna, berta)
    wrong: list[Mapping[str, str]] = [
        {},
        copies(anna),
        copies(berta),
        copies(anna, berta, dora),
        copies(anna, dora),
        {anna.id: "AAAA", berta.id.upper(): "AAAA"},
        {anna.id: "AAAA", berta.id: "AAAA", berta.id.upper(): "AAAA"},
        *({anna.id: "AAAA", odd: "AAAA"} for odd in (NOBODY, *ODD_IDS)),
    ]
    for recipients in wrong:
        with pytest.raises(WrongRecipients):
            await house.chat.messages.send(here, anna.id, recipients, 2000)
    assert (await count(house, "message_groups"), await count(house, "message_copies")) == (0, 0)
    assert (await house.chat.rosters.get(here, anna.id)).updated_at == 1000
    assert (await house.chat.messages.send(here, anna.id, copies(anna, berta), 2000)).copies[anna.id].seq == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "AAAAA",
        "AA=A",
        "A===",
        "AAA==",
        "====",
        "AAA-",
        "AAA_",
        "AA AA",
        "AAAA\n",
        "é",
        "\x00",
        "\ud800",
        "A" * 65_537,
        "<b>",
    ],
)
async def test_what_is_no_base64_is_no_message(house: House, text: str) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna, berta)
    sent = await house.chat.messages.send(here, anna.id, copies(anna, berta), 2000)
    for refused in (
        house.chat.messages.send(here, anna.id, {anna.id: "AAAA", berta.id: text}, 2000),
        house.chat.editing.edit(here, anna.id, sent.message_group, {anna.id: "BBBB", berta.id: text}, 2000),
    ):
        with pytest.raises(InvalidMessage):
            await refused
    assert await contents(house, here, anna) == ["AAAA"]


@pytest.mark.parametrize("text", ["AA", "AA==", "AAA", "AAA=", "+/09azAZ", "A" * TEXT_LENGTH])
async def test_padding_may_be_there_or_not_and_64_kib_are_stored_whole(house: House, text: str) -> None:
    anna = await house.person()
    here = await group(house, anna)
    await house.chat.messages.send(here, anna.id, {anna.id: text}, 2000)
    assert await contents(house, here, anna) == [text]


async def test_sent_again_with_its_client_id_it_is_stored_once_and_answered_the_same(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here, there = await group(house, anna, berta), await group(house, anna, berta)
    client_id = str(uuid.uuid4())
    send = house.chat.messages.send
    first = await send(here, anna.id, copies(anna, berta), 2000, client_id)
    again = await send(here, anna.id, copies(anna, berta, text="BBBB"), 3000, client_id)
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.message_group, again.copies) == (first.message_group, first.copies)
    # It is the sender's in this conversation, and nobody else's.
    assert (await send(there, anna.id, copies(anna, berta), 2000, client_id)).is_new
    assert (await send(here, berta.id, copies(anna, berta), 2000, client_id)).is_new
    assert not (await send(here, anna.id, copies(anna, berta), 4000, client_id.upper())).is_new
    for bad in ("", "1", client_id.replace("-", ""), "\ud800"):
        with pytest.raises(InvalidRequest):
            await send(here, anna.id, copies(anna, berta), 2000, bad)
    await house.chat.groups.leave(here, anna.id, 4000)
    with pytest.raises(NoConversation):
        await send(here, anna.id, copies(anna, berta), 5000, client_id)


async def test_the_same_message_sent_twice_at_once_is_stored_once(tmp_path: Path) -> None:
    async with opened(CHAT_DATABASE_URL=f"sqlite:///{tmp_path}/chat.db") as house:
        anna, berta = await house.person("Anna"), await house.person("Berta")
        here = await group(house, anna, berta)
        for _ in range(50):
            client_id = str(uuid.uuid4())
            sent = await asyncio.gather(
                *(house.chat.messages.send(here, anna.id, copies(anna, berta), 2000, client_id) for _ in range(4))
            )
            assert len({each.message_group for each in sent}) == 1
            assert sum(each.is_new for each in sent) == 1
        assert await count(house, "message_groups") == 50


async def test_a_conversation_has_one_order_whoever_writes_at_once(tmp_path: Path) -> None:
    async with opened(CHAT_DATABASE_URL=f"sqlite:///{tmp_path}/chat.db") as house:
        anna, berta = await house.person("Anna"), await house.person("Berta")
        here = await group(house, anna, berta)
        sent = await asyncio.gather(
            *(
                house.chat.messages.send(here, sender.id, copies(anna, berta), 2000)
                for sender in (anna, berta)
                for _ in range(50)
            )
        )
        assert sorted(each.copies[anna.id].seq for each in sent) == list(range(1, 101))
        for reader in (anna, berta):
            page = await house.chat.messages.page(here, reader.id, None, 100)
            assert [each.seq for each in page] == list(range(100, 0, -1))


async def test_whoever_leaves_while_others_send_gets_nothing_from_then_on(tmp_path: Path) -> None:
    """A hundred times: a message is either from before the leaving, with a copy for the leaver, or refused as it was
    addressed, and then goes to those who are left."""
    async with opened(CHAT_DATABASE_URL=f"sqlite:///{tmp_path}/chat.db") as house:
        anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
        outcomes: set[int] = set()
        for turn in range(100):
            here = await group(house, anna, berta, dora)
            everybody = copies(anna, berta, dora)

            racing = [house.chat.messages.send(here, anna.id, everybody, 2000) for _ in range(3)]
            sent = await asyncio.gather(
                *racing[: turn % 4],
                house.chat.groups.leave(here, dora.id, 3000),
                *racing[turn % 4 :],
                return_exceptions=True,
            )
            stored = sum(isinstance(each, Delivered) for each in sent)
            refused = sum(isinstance(each, WrongRecipients) for each in sent)
            assert stored + refused == 3
            outcomes.add(stored)
            assert len(await contents(house, here, anna)) == stored
            with pytest.raises(NoConversation):
                await house.chat.messages.page(here, dora.id, None, 20)
            with pytest.raises(WrongRecipients):
                await house.chat.messages.send(here, anna.id, everybody, 4000)
            await house.chat.messages.send(here, anna.id, copies(anna, berta), 4000)
        rows = await house.chat.auth.engine.read(
            Statement("SELECT count(*) FROM message_copies WHERE recipient_id = :id", {"id": dora.id})
        )
        whole = await count(house, "message_groups")
        assert rows == [(whole - 100,)]
        assert outcomes == {0, 1, 2, 3}


async def test_only_the_sender_edits_and_deletes(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here, there = await group(house, anna, berta), await group(house, anna, berta)
    sent = await house.chat.messages.send(here, anna.id, copies(anna, berta), 2000)
    edit, delete = house.chat.editing.edit, house.chat.editing.delete
    for conversation_id, person, group_id in (
        (here, berta, sent.message_group),
        (there, anna, sent.message_group),
        (here, anna, NOBODY),
        (here, anna, sent.message_group.upper()),
        (here, anna, sent.copies[anna.id].id),
        *((here, anna, odd) for odd in ODD_IDS),
    ):
        with pytest.raises(NoConversation):
            await edit(conversation_id, person.id, group_id, copies(anna, berta, text="BBBB"), 3000)
        with pytest.raises(NoConversation):
            await delete(conversation_id, person.id, group_id, 3000)
    assert await contents(house, here, berta) == ["AAAA"]
    await house.chat.groups.leave(here, anna.id, 3000)
    with pytest.raises(NoConversation):
        await edit(here, anna.id, sent.message_group, copies(anna, berta, text="BBBB"), 4000)
    with pytest.raises(NoConversation):
        await delete(here, anna.id, sent.message_group, 4000)
    assert await contents(house, here, berta) == ["AAAA"]


async def test_an_edit_changes_each_members_copy_and_keeps_its_place(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna, berta)
    sent = await house.chat.messages.send(here, anna.id, copies(anna, berta), 2000)
    await house.chat.messages.send(here, berta.id, copies(anna, berta, text="CCCC"), 2500)
    edited = await house.chat.editing.edit(here, anna.id, sent.message_group, {anna.id: "QUFB", berta.id: "QkJC"}, 3000)
    assert edited.is_new
    for person in (anna, berta):
        old, new = sent.copies[person.id], edited.copies[person.id]
        assert (new.id, new.seq, new.inserted_at, new.updated_at) == (old.id, old.seq, 2000, 3000)
    assert await contents(house, here, berta) == ["CCCC", "QkJC"]
    assert (await house.chat.rosters.get(here, anna.id)).updated_at == 2500


async def test_an_edit_within_the_same_millisecond_is_later_all_the_same(house: House) -> None:
    anna = await house.person()
    here = await group(house, anna)
    sent = await house.chat.messages.send(here, anna.id, copies(anna), 2000)
    edited = await house.chat.editing.edit(here, anna.id, sent.message_group, copies(anna, text="BBBB"), 2000)
    assert edited.copies[anna.id].updated_at > edited.copies[anna.id].inserted_at


async def test_who_came_later_gets_no_copy_by_an_edit_and_former_members_keep_theirs(house: House) -> None:
    anna, berta, dora, emil = [await house.person(name) for name in ("Anna", "Berta", "Dora", "Emil")]
    here = await group(house, anna, berta, dora)
    sent = await house.chat.messages.send(here, anna.id, copies(anna, berta, dora), 2000)
    await house.chat.groups.leave(here, dora.id, 2500)
    await house.chat.groups.modify(here, anna.id, [emil.id], None, 2600)
    for named in (copies(anna, berta), copies(anna, berta, emil), copies(anna, berta, dora, emil)):
        new = dict.fromkeys(named, "BBBB")
        edited = await house.chat.editing.edit(here, anna.id, sent.message_group, new, 3000)
        assert set(edited.copies) == {anna.id, berta.id}
    assert await contents(house, here, emil) == []
    await house.chat.groups.modify(here, anna.id, [dora.id], None, 4000)
    assert await contents(house, here, dora) == ["AAAA"]


async def test_an_edit_without_a_copy_for_everybody_or_with_one_for_a_stranger_changes_nothing(house: House) -> None:
    anna, berta, dora, emil = [await house.person(name) for name in ("Anna", "Berta", "Dora", "Emil")]
    here = await group(house, anna, berta)
    sent = await house.chat.messages.send(here, anna.id, copies(anna, berta), 2000)
    # Emil came later and left again: he never had this message.
    await house.chat.groups.modify(here, anna.id, [emil.id], None, 2100)
    await house.chat.groups.leave(here, emil.id, 2200)
    for wrong in (
        {},
        copies(anna),
        copies(berta),
        copies(anna, berta, dora),
        copies(anna, berta, emil),
        {**copies(anna, berta), NOBODY: "AAAA"},
        {**copies(anna), berta.id.upper(): "AAAA"},
    ):
        with pytest.raises(WrongRecipients):
            await house.chat.editing.edit(here, anna.id, sent.message_group, dict.fromkeys(wrong, "BBBB"), 3000)
    for person in (anna, berta):
        assert await house.chat.messages.page(here, person.id, None, 20) == [sent.copies[person.id]]


async def test_deleting_takes_every_copy_former_members_too_and_no_others(house: House) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    here, there = await group(house, anna, berta, dora), await group(house, anna, berta)
    await house.chat.messages.send(there, anna.id, copies(anna, berta), 2000)
    sent = [await house.chat.messages.send(here, anna.id, copies(anna, berta, dora), 2000) for _ in range(3)]
    await house.chat.groups.leave(here, dora.id, 2500)
    await house.chat.editing.delete(here, anna.id, sent[1].message_group, 3000)
    assert [each.seq for each in await house.chat.messages.page(here, berta.id, None, 20)] == [3, 1]
    assert (await count(house, "message_groups"), await count(house, "message_copies")) == (3, 8)
    with pytest.raises(NoConversation):
        await house.chat.editing.delete(here, anna.id, sent[1].message_group, 3000)
    # Its place is not given again: leaving and deleting had the next two.
    assert (await house.chat.messages.send(here, anna.id, copies(anna, berta), 4000)).copies[anna.id].seq == 6


async def test_who_comes_later_reads_nothing_from_before(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna)
    await house.chat.messages.send(here, anna.id, copies(anna), 2000)
    await house.chat.groups.modify(here, anna.id, [berta.id], None, 3000)
    assert await contents(house, here, berta) == []
    await house.chat.messages.send(here, anna.id, copies(anna, berta, text="BBBB"), 4000)
    assert await contents(house, here, berta) == ["BBBB"]
