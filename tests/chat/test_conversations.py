"""Conversations: who may do what in them, and what two do at once."""

import asyncio
import uuid
from pathlib import Path

import pytest

from chat import conversation, groups
from chat.conversation import Overview
from chat.refusals import NoConversation, PrivateConversation
from latchstring import InvalidRequest, NotFound, Statement
from tests.chat.house import House, Person, opened
from tests.chat.pairs import pair

pytestmark = pytest.mark.anyio

NOBODY = "00000000-0000-4000-8000-000000000000"
ODD_IDS = [
    "",
    "undefined",
    "x" * 36,
    NOBODY.replace("0", "A"),
    f"{{{NOBODY}}}",
    "\ud800",
    "\x00",
    f" {NOBODY}",
    "é" * 36,
]


async def group(house: House, *people: Person, alias: str | None = None, now: int = 1000) -> str:
    starter, *others = people
    started = await house.chat.conversations.start_group(starter.id, [other.id for other in others], alias, pair(), now)
    return started.conversation.id


async def private(house: House, one: Person, other: Person) -> str:
    return (await house.chat.conversations.start_private(one.id, other.id, pair(), 1000)).conversation.id


async def ids_of(house: House, person: Person) -> list[str]:
    return [each.id for each in await house.chat.rosters.of(person.id)]


async def user_ids(house: House, conversation_id: str) -> set[str]:
    return {member.person.id for member in await house.chat.rosters.members(conversation_id)}


async def test_a_private_conversation_is_one_for_each_pair_whoever_starts_it(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    first = await house.chat.conversations.start_private(anna.id, berta.id, pair(0), 1000)
    again = await house.chat.conversations.start_private(anna.id, berta.id, pair(1), 2000)
    back = await house.chat.conversations.start_private(berta.id, anna.id, pair(1), 3000)
    assert (first.is_new, again.is_new, back.is_new) == (True, False, False)
    assert first.conversation == again.conversation == back.conversation
    assert first.conversation.private
    assert set(first.user_ids) == {anna.id, berta.id}
    assert (first.is_new, again.keys_place, back.is_new, back.keys_place) == (True, None, False, 1)
    assert await ids_of(house, anna) == await ids_of(house, berta) == [first.conversation.id]


async def test_both_at_once_start_one_private_conversation(tmp_path: Path) -> None:
    async with opened(CHAT_DATABASE_URL=f"sqlite:///{tmp_path}/chat.db") as house:
        start = house.chat.conversations.start_private
        for _ in range(50):
            anna, berta = await house.person("Anna"), await house.person("Berta")
            started = await asyncio.gather(
                *(start(one.id, other.id, pair(), 1) for one, other in [(anna, berta), (berta, anna)] * 3)
            )
            assert len({each.conversation.id for each in started}) == 1
            assert sorted(each.is_new for each in started) == [False] * 5 + [True]
            # Both of them have keys, each stored once.
            assert sum(each.is_new or each.keys_place is not None for each in started) == 2
            assert await user_ids(house, started[0].conversation.id) == {anna.id, berta.id}


@pytest.mark.parametrize("other", ODD_IDS)
async def test_nobody_starts_one_with_what_is_no_id(house: House, other: str) -> None:
    anna = await house.person()
    with pytest.raises(InvalidRequest):
        await house.chat.conversations.start_private(anna.id, other, pair(), 1000)
    with pytest.raises(InvalidRequest):
        await house.chat.conversations.start_group(anna.id, [other], None, pair(), 1000)
    assert await ids_of(house, anna) == []


async def test_with_oneself_or_with_nobody_nothing_is_started_at_all(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    with pytest.raises(InvalidRequest):
        await house.chat.conversations.start_private(anna.id, anna.id, pair(), 1000)
    with pytest.raises(NotFound):
        await house.chat.conversations.start_private(anna.id, NOBODY, pair(), 1000)
    with pytest.raises(NotFound):
        await house.chat.conversations.start_group(anna.id, [berta.id, NOBODY], "Alle", pair(), 1000)
    for table in ("conversations", "members", "encryption_keys"):
        assert await house.chat.auth.engine.read(Statement(f"SELECT count(*) FROM {table}")) == [(0,)]


async def test_a_group_has_its_starter_whether_named_or_not_and_each_once(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    for named in ([berta.id], [anna.id, berta.id, berta.id, anna.id]):
        started = await house.chat.conversations.start_group(anna.id, named, " Alle ", pair(), 1000)
        assert started.user_ids == (anna.id, berta.id)
        assert (started.is_new, started.keys_place, started.conversation.alias) == (True, None, "Alle")
    alone = await house.chat.conversations.start_group(anna.id, [], "", pair(), 1000)
    assert (alone.user_ids, alone.conversation.alias, alone.conversation.private) == ((anna.id,), None, False)


async def test_the_newest_activity_comes_first(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    one, two, three = [await group(house, anna, berta, now=now) for now in (1000, 2000, 3000)]
    assert await ids_of(house, anna) == [three, two, one]
    await house.chat.messages.send(one, berta.id, {anna.id: "AAAA", berta.id: "AAAA"}, 4000)
    await house.chat.groups.change_alias(two, anna.id, "Zwei", 5000)
    assert await ids_of(house, anna) == [two, one, three]
    await house.chat.conversations.read(three, anna.id, 6000)
    assert await ids_of(house, anna) == [two, one, three]


async def test_a_name_is_changed_cleared_and_left(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    groups = house.chat.groups
    here = await group(house, anna, berta, alias="Alt")
    assert (await groups.change_alias(here, berta.id, " Neu ", 2000)).alias == "Neu"
    changed = (await groups.modify(here, anna.id, [], None, 3000)).conversation
    assert (changed.alias, changed.updated_at) == ("Neu", 2000)
    assert (await groups.modify(here, anna.id, [], "", 3000)).conversation.alias is None
    await groups.change_alias(here, anna.id, "Neu", 4000)
    assert (await groups.change_alias(here, anna.id, " \u3000", 4000)).alias is None
    assert (await house.chat.rosters.get(here, anna.id)).alias is None


@pytest.mark.parametrize(
    "alias", ["a" * 81, "a" * 65_536, "a\x00b", "a\u2028b", "\u202eevil", "\ud800", "a\nb", "\u3164"]
)
async def test_a_bad_name_is_refused_and_changes_nothing(house: House, alias: str) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    here = await group(house, anna, berta, alias="Alt")
    with pytest.raises(InvalidRequest):
        await house.chat.groups.change_alias(here, anna.id, alias, 2000)
    with pytest.raises(InvalidRequest):
        await house.chat.groups.modify(here, anna.id, [dora.id], alias, 2000)
    with pytest.raises(InvalidRequest):
        await house.chat.conversations.start_group(anna.id, [berta.id], alias, pair(), 2000)
    assert (await house.chat.rosters.get(here, anna.id)).alias == "Alt"
    assert await user_ids(house, here) == {anna.id, berta.id}


async def test_members_invite_and_everybody_is_told_who_is_there(house: House) -> None:
    anna, berta, dora, emil = [await house.person(name) for name in ("Anna", "Berta", "Dora", "Emil")]
    here = await group(house, anna, berta)
    modified = await house.chat.groups.modify(here, berta.id, [dora.id, berta.id, emil.id], "Alle", 2000)
    changed, ids = modified.conversation, modified.user_ids
    assert (changed.id, changed.alias) == (here, "Alle")
    assert set(ids) == {anna.id, berta.id, dora.id, emil.id}
    assert await ids_of(house, emil) == [here]


async def test_what_changes_nothing_is_no_activity_and_nothing_new(house: House) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    here, modify = await group(house, anna, berta, alias="Tea"), house.chat.groups.modify
    for people, alias in (([], None), ([berta.id, anna.id], None), ([], "Tea"), ([berta.id], " Tea ")):
        modified = await modify(here, anna.id, people, alias, 2000)
        assert (modified.conversation.updated_at, len(modified.user_ids)) == (1000, 2)
    for now, (people, alias) in enumerate((([dora.id], None), ([], ""), ([berta.id], "Milk")), start=3000):
        modified = await modify(here, anna.id, people, alias, now)
        assert (modified.conversation.updated_at, len(modified.user_ids)) == (now, 3)


async def test_a_group_has_room_for_so_many_and_one_more_is_refused_and_changes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert conversation.MOST_MEMBERS == 1000
    for module in (conversation, groups):
        monkeypatch.setattr(module, "MOST_MEMBERS", 3)
    anna, berta, dora, emil = [await house.person(name) for name in ("Anna", "Berta", "Dora", "Emil")]
    with pytest.raises(InvalidRequest):
        await group(house, anna, berta, dora, emil)
    here = await group(house, anna, berta)
    for people in ([dora.id, emil.id], [anna.id, berta.id, dora.id, emil.id]):
        with pytest.raises(InvalidRequest):
            await house.chat.groups.modify(here, anna.id, people, "Neu", 2000)
    assert await user_ids(house, here) == {anna.id, berta.id}
    assert (await house.chat.rosters.get(here, anna.id)).alias is None
    await house.chat.groups.modify(here, anna.id, [dora.id, berta.id], None, 2000)
    assert await user_ids(house, here) == {anna.id, berta.id, dora.id}


async def test_an_invitation_with_nobody_in_it_invites_nobody(house: House) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    here = await group(house, anna, berta, alias="Alt")
    with pytest.raises(NotFound):
        await house.chat.groups.modify(here, anna.id, [dora.id, NOBODY], "Neu", 2000)
    for odd in ODD_IDS:
        with pytest.raises(InvalidRequest):
            await house.chat.groups.modify(here, anna.id, [dora.id, odd], "Neu", 2000)
    assert await user_ids(house, here) == {anna.id, berta.id}
    assert (await house.chat.rosters.get(here, anna.id)).alias == "Alt"


async def test_nobody_joins_leaves_or_names_a_private_conversation(house: House) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    here = await private(house, anna, berta)
    groups = house.chat.groups
    for refused in (
        groups.modify(here, anna.id, [dora.id], None, 2000),
        groups.modify(here, anna.id, [], "", 2000),
        groups.change_alias(here, berta.id, "Wir", 2000),
        groups.leave(here, anna.id, 2000),
    ):
        with pytest.raises(PrivateConversation):
            await refused
    assert await user_ids(house, here) == {anna.id, berta.id}
    assert (await house.chat.rosters.get(here, anna.id)).updated_at == 1000


async def everything(house: House, conversation_id: str, member: str, dora: Person) -> list[str]:
    """What `member` is answered wherever a conversation is named."""
    groups, messages = house.chat.groups, house.chat.messages
    answers = []
    for asked in (
        house.chat.rosters.get(conversation_id, member),
        groups.change_alias(conversation_id, member, "Mein", 2000),
        groups.modify(conversation_id, member, [dora.id], None, 2000),
        groups.leave(conversation_id, member, 2000),
        house.chat.conversations.read(conversation_id, member, 2000),
        messages.send(conversation_id, member, {member: "AAAA"}, 2000),
        house.chat.editing.edit(conversation_id, member, NOBODY, {member: "AAAA"}, 2000),
        house.chat.editing.delete(conversation_id, member, NOBODY, 2000),
        messages.page(conversation_id, member, None, 20),
        house.chat.encryption_keys.set(conversation_id, member, pair(), 2000),
        house.chat.history.page(conversation_id, member),
    ):
        with pytest.raises(NoConversation) as refused:
            await asked
        answers.append(refused.value.message)
    return answers


async def test_a_stranger_a_former_member_and_an_odd_spelling_are_answered_alike(house: House) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    here, between = await group(house, anna, berta), await private(house, anna, berta)
    left = await group(house, anna, dora)
    await house.chat.groups.leave(left, dora.id, 1500)
    before = await house.chat.rosters.overview(anna.id)
    told = [await everything(house, each, dora.id, dora) for each in (here, between, left, NOBODY)]
    told += [await everything(house, odd, anna.id, dora) for odd in (here.upper(), f"{{{here}}}", f" {here}", *ODD_IDS)]
    assert len({tuple(answers) for answers in told}) == 1
    assert await house.chat.rosters.overview(anna.id) == before
    assert await house.chat.encryption_keys.private(left, dora.id) is None


async def test_whoever_leaves_is_gone_and_whoever_is_invited_back_finds_what_was_theirs(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    groups = house.chat.groups
    here = await group(house, anna, berta)
    await house.chat.messages.send(here, anna.id, {anna.id: "AAAA", berta.id: "BBBB"}, 2000)
    await groups.leave(here, berta.id, 3000)
    assert (await ids_of(house, berta), await house.chat.rosters.people_of(berta.id)) == ([], [])
    await house.chat.messages.send(here, anna.id, {anna.id: "CCCC"}, 4000)
    await groups.modify(here, anna.id, [berta.id], None, 5000)
    assert [each.content for each in await house.chat.messages.page(here, berta.id, None, 20)] == ["BBBB"]
    assert [each.unread for each in await house.chat.rosters.overview(berta.id)] == [0]
    with pytest.raises(NoConversation):
        await groups.leave(here, NOBODY, 6000)


async def test_with_the_last_member_goes_all_that_was_there_and_nothing_of_elsewhere(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    groups, rows = house.chat.groups, {}

    async def left() -> dict[str, int]:
        for table in ("conversations", "members", "encryption_keys", "message_groups", "message_copies"):
            [[rows[table]]] = await house.chat.auth.engine.read(Statement(f"SELECT count(*) FROM {table}", {}))
        return rows

    for here in [await group(house, anna, berta) for _ in range(2)]:
        await house.chat.messages.send(here, anna.id, {anna.id: "aGVsbG8=", berta.id: "aGVsbG8="}, 1000)
    await groups.leave(here, anna.id, 2000)
    assert (await left())["message_copies"] == 4
    await groups.leave(here, berta.id, 2000)
    assert list((await left()).values()) == [1, 2, 1, 1, 2]
    with pytest.raises(NoConversation):
        await house.chat.rosters.get(here, berta.id)


async def test_leaving_twice_at_once_is_done_once(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna, berta)
    left = await asyncio.gather(
        *(house.chat.groups.leave(here, berta.id, 2000) for _ in range(5)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in left) == ["NoConversation"] * 4 + ["int"]


async def test_the_overview_counts_what_others_wrote_and_was_not_read(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here, quiet = await group(house, anna, berta, now=2000), await group(house, anna, berta, now=1000)
    both = {anna.id: "AAAA", berta.id: "BBBB"}
    for _ in range(3):
        await house.chat.messages.send(here, berta.id, both, 3000)
    await house.chat.messages.send(here, anna.id, both, 3000)

    async def unread(person: Person) -> dict[str, int]:
        return {each.conversation.id: each.unread for each in await house.chat.rosters.overview(person.id)}

    assert (await unread(anna), await unread(berta)) == ({here: 3, quiet: 0}, {here: 1, quiet: 0})
    await house.chat.conversations.read(here, anna.id, 4000)
    assert (await unread(anna))[here] == 0
    group_id = (await house.chat.messages.send(here, berta.id, both, 5000)).message_group
    assert (await unread(anna))[here] == 1
    await house.chat.editing.delete(here, berta.id, group_id, 6000)
    assert (await unread(anna))[here] == 0
    for _ in range(103):
        await house.chat.messages.send(here, berta.id, both, 7000)
    assert (await unread(anna))[here] == 100


async def test_the_overview_says_who_is_there(house: House) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    here = await group(house, anna, berta, dora)
    between = await private(house, anna, dora)
    told: dict[str, Overview] = {each.conversation.id: each for each in await house.chat.rosters.overview(anna.id)}
    assert {key: set(each.user_ids) for key, each in told.items()} == {
        here: {anna.id, berta.id, dora.id},
        between: {anna.id, dora.id},
    }


async def test_reading_is_told_to_the_members(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await private(house, anna, berta)
    await house.chat.conversations.read(here, berta.id, 4000)
    assert {each.person.id: each.read_at for each in await house.chat.rosters.members(here)} == {
        anna.id: None,
        berta.id: 4000,
    }


async def test_private_with_is_none_for_whatever_is_no_partner(house: House) -> None:
    anna, berta, dora = [await house.person(name) for name in ("Anna", "Berta", "Dora")]
    here = await private(house, berta, anna)
    await private(house, berta, dora)
    with_whom = house.chat.rosters.private_with
    assert await with_whom(anna.id, berta.id) == await with_whom(berta.id, anna.id) == here
    for other in (anna.id, dora.id, str(uuid.uuid4()), berta.id.upper(), here, *ODD_IDS):
        assert await with_whom(anna.id, other) is None
