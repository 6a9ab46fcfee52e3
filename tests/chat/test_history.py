"""Pages: whatever others write, delete, join and leave between one page and the next, none skips and none repeats."""

import asyncio
import base64
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latchstring import InvalidRequest
from tests.chat.house import House, Person, opened
from tests.chat.test_conversations import group
from tests.chat.test_messages import copies

pytestmark = pytest.mark.anyio

Step = tuple[Literal["send", "delete", "edit", "page", "rejoin"], int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["send", "delete", "edit", "page", "page", "rejoin"]), st.integers(0, 9)), max_size=25
)


class Reading:
    """Berta reads backwards while the others do as they like."""

    def __init__(self, house: House, here: str, anna: Person, berta: Person) -> None:
        self.house, self.here, self.anna, self.berta = house, here, anna, berta
        self.there: list[str] = []
        self.wanted: set[str] = set()
        self.read: list[str] = []
        self.token: str | None = None

    async def send(self, _: int = 0) -> None:
        sent = await self.house.chat.messages.send(self.here, self.anna.id, copies(self.anna, self.berta), 2000)
        self.there.append(sent.message_group)

    async def delete(self, which: int) -> None:
        if self.there:
            group_id = self.there.pop(which % len(self.there))
            self.wanted.discard(group_id)
            await self.house.chat.editing.delete(self.here, self.anna.id, group_id, 3000)

    async def edit(self, which: int) -> None:
        if self.there:
            group_id = self.there[which % len(self.there)]
            new = copies(self.anna, self.berta, text="BBBB")
            await self.house.chat.editing.edit(self.here, self.anna.id, group_id, new, 3000)

    async def rejoin(self, _: int) -> None:
        await self.house.chat.groups.leave(self.here, self.berta.id, 4000)
        await self.house.chat.messages.send(self.here, self.anna.id, copies(self.anna), 4000)
        await self.house.chat.groups.modify(self.here, self.anna.id, [self.berta.id], None, 4000)

    async def page(self, size: int) -> None:
        if self.token == "":
            return
        if self.token is None:
            self.wanted = set(self.there)
        page = await self.house.chat.history.page(self.here, self.berta.id, self.token, size % 4 + 1)
        self.read += [each.message_group for each in page.items]
        self.token = page.page_token


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=st.integers(0, 8), steps=STEPS)
def test_no_page_of_messages_skips_or_repeats_while_others_write(before: int, steps: list[Step]) -> None:
    async def read_on() -> None:
        async with opened() as house:
            anna, berta = await house.person("Anna"), await house.person("Berta")
            reading = Reading(house, await group(house, anna, berta), anna, berta)
            for _ in range(before):
                await reading.send()
            await reading.page(0)
            for kind, number in steps:
                await getattr(reading, kind)(number)
            while reading.token:
                await reading.page(1)
            assert len(reading.read) == len(set(reading.read))
            # Everything that was there when reading began, and was not deleted since.
            assert reading.wanted <= set(reading.read)

    asyncio.run(read_on())


async def test_people_are_paged_without_a_gap_while_they_come_and_rename_themselves(house: House) -> None:
    anna = await house.person("Anna")
    before = {(await house.person(f"Berta {number}")).id for number in range(9)}
    read: list[str] = []
    token: str | None = None
    while token != "":
        page = await house.chat.search.page(anna.id, "berta", token, 2)
        read += [each.id for each in page.items]
        token = page.page_token
        await house.person(f"Berta {len(read)} the late")
        await house.person("Somebody else")
    assert len(read) == len(set(read))
    assert before <= set(read)


async def test_the_last_page_says_so_even_when_it_is_full(house: House) -> None:
    anna = await house.person()
    here = await group(house, anna)
    assert (await house.chat.history.page(here, anna.id)).page_token == ""
    for _ in range(4):
        await house.chat.messages.send(here, anna.id, copies(anna), 2000)
    first = await house.chat.history.page(here, anna.id, None, 2)
    last = await house.chat.history.page(here, anna.id, first.page_token, 2)
    assert (len(first.items), len(last.items), last.page_token) == (2, 2, "")


def spoiled(token: str) -> Iterator[str]:
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for at in range(len(raw)):
        changed = bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        yield base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
    yield from ("x", "AQ", "5", "0", "é", "\ud800", "\x00", " ", "A" * 10_000, token + "A", token[:-4], f"{token}\n")


async def test_a_cursor_is_good_for_one_asker_and_one_question(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here, there = await group(house, anna, berta), await group(house, anna, berta)
    for _ in range(3):
        await house.chat.messages.send(here, anna.id, copies(anna, berta), 2000)
    await house.person("Third")
    history, search = house.chat.history, house.chat.search
    of_messages = (await history.page(here, anna.id, None, 1)).page_token
    of_people = (await search.page(anna.id, "", None, 1)).page_token
    questions: list[Any] = [
        history.page(here, berta.id, of_messages),
        history.page(there, anna.id, of_messages),
        history.page(here, anna.id, of_people),
        search.page(berta.id, "", of_people),
        search.page(anna.id, "e", of_people),
        search.page(anna.id, "", of_messages),
        *(history.page(here, anna.id, token) for token in spoiled(of_messages)),
    ]
    for question in questions:
        with pytest.raises(InvalidRequest) as refused:
            await question
        assert [field.path for field in refused.value.fields] == ["page_token"]
    assert len((await history.page(here, anna.id, of_messages)).items) == 2
