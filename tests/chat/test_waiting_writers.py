"""On PostgreSQL writers run beside each other, and one may have to wait for its conversation. What it then does is
right for whoever is in it when the wait is over, and not for whoever was when it began."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from chat.refusals import NoConversation, WrongRecipients
from latchstring import Statement
from tests.chat import house as houses
from tests.chat.house import House, Person
from tests.chat.talk import copies, group, now
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

_HOLD = "SELECT id FROM conversations WHERE id = $1 FOR UPDATE"
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
_COPIES = "SELECT seq, recipient_id FROM message_copies WHERE conversation_id = :id AND seq > :after ORDER BY 1, 2"


@dataclass
class Room:
    """Berta and Carla are in it, and a message of Carla's; Dora is not."""

    house: House
    url: str
    berta: Person
    carla: Person
    dora: Person
    id: str
    carlas_message: str = ""
    last: int = 0

    async def send(self, sender: Person, *recipients: Person) -> Any:
        return await self.house.chat.messages.send(self.id, sender.id, copies(*recipients), now())

    async def edit(self, sender: Person, *recipients: Person) -> Any:
        return await self.house.chat.editing.edit(self.id, sender.id, self.carlas_message, copies(*recipients), now())

    async def delete(self, sender: Person) -> Any:
        return await self.house.chat.editing.delete(self.id, sender.id, self.carlas_message, now())

    async def leave(self, who: Person) -> Any:
        return await self.house.chat.groups.leave(self.id, who.id, now())

    async def invite(self, who: Person, whom: Person) -> Any:
        return await self.house.chat.groups.modify(self.id, who.id, (whom.id,), None, now())

    async def rename(self, who: Person) -> Any:
        return await self.house.chat.groups.change_alias(self.id, who.id, "another", now())

    async def in_this_order(self, *works: Awaitable[Any]) -> list[Any]:
        """Each begins when those before it are waiting; then all are let go, and the first goes first. (Behind it the
        others wait for the row that it has made of theirs, and which of them comes first is PostgreSQL's to say.)"""
        tasks: list[asyncio.Future[Any]] = []
        async with self._held() as connection:

            async def all_wait() -> bool:
                return int(await connection.fetchval(_WAITING)) == len(tasks)

            for work in works:
                tasks.append(asyncio.ensure_future(work))
                await until(all_wait)
        return await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[asyncpg.Connection]:
        holder, looker = await asyncpg.connect(self.url), await asyncpg.connect(self.url)
        try:
            async with holder.transaction():
                await holder.execute(_HOLD, self.id)
                yield looker
        finally:
            await holder.close()
            await looker.close()

    async def delivered(self) -> list[set[str]]:
        """To whom each message went that came after the first."""
        rows = await self.house.chat.auth.engine.read(Statement(_COPIES, {"id": self.id, "after": self.last}))
        return [{who for seq, who in rows if seq == each} for each in dict.fromkeys(seq for seq, _ in rows)]

    async def members(self) -> set[str]:
        return {member.person.id for member in await self.house.chat.rosters.members(self.id)}


@pytest.fixture
async def room(anyio_backend: str, postgres_url: str) -> AsyncIterator[Room]:
    async with houses.opened(CHAT_DATABASE_URL=f"{postgres_url}?pool=5") as house:
        berta, carla, dora = [await house.person(name) for name in ("Berta", "Carla", "Dora")]
        room = Room(house, postgres_url, berta, carla, dora, await group(house, berta, carla))
        delivered = await room.send(carla, berta, carla)
        room.carlas_message, room.last = delivered.message_group, delivered.place
        yield room


async def test_a_message_that_waited_while_somebody_joined_is_refused_or_goes_to_them_too(room: Room) -> None:
    without, with_dora = (
        room.send(room.berta, room.berta, room.carla),
        room.send(room.berta, room.berta, room.carla, room.dora),
    )
    _, refused, sent = await room.in_this_order(room.invite(room.carla, room.dora), without, with_dora)
    assert isinstance(refused, WrongRecipients)
    assert sent.is_new
    assert await room.delivered() == [await room.members()] == [{room.berta.id, room.carla.id, room.dora.id}]


async def test_a_message_that_waited_while_somebody_left_is_refused_or_goes_to_them_no_more(room: Room) -> None:
    both, alone = room.send(room.berta, room.berta, room.carla), room.send(room.berta, room.berta)
    _, refused, sent = await room.in_this_order(room.leave(room.carla), both, alone)
    assert isinstance(refused, WrongRecipients)
    assert sent.is_new
    assert await room.delivered() == [await room.members()] == [{room.berta.id}]


async def test_a_message_before_a_leaving_that_waits_behind_it_goes_to_both(room: Room) -> None:
    sent, _ = await room.in_this_order(room.send(room.berta, room.berta, room.carla), room.leave(room.carla))
    assert sent.is_new
    assert await room.delivered() == [{room.berta.id, room.carla.id}]
    assert await room.members() == {room.berta.id}


@pytest.mark.parametrize(
    "deed",
    [
        lambda room: room.send(room.carla, room.berta, room.carla),
        lambda room: room.send(room.carla, room.berta),
        lambda room: room.edit(room.carla, room.berta, room.carla),
        lambda room: room.edit(room.carla, room.berta),
        lambda room: room.delete(room.carla),
        lambda room: room.invite(room.carla, room.dora),
        lambda room: room.rename(room.carla),
        lambda room: room.leave(room.carla),
    ],
    ids=["sends", "sends to who is left", "edits", "edits for who is left", "deletes", "invites", "renames", "leaves"],
)
async def test_whoever_left_while_they_waited_does_nothing_any_more(
    room: Room, deed: Callable[[Room], Awaitable[Any]]
) -> None:
    _, refused = await room.in_this_order(room.leave(room.carla), deed(room))
    assert isinstance(refused, NoConversation)
    assert await room.delivered() == []
    assert await room.members() == {room.berta.id}
    [message] = await room.house.chat.messages.page(room.id, room.berta.id, None, 10)
    assert (message.message_group, message.updated_at) == (room.carlas_message, message.inserted_at)


async def test_of_two_who_invite_and_leave_at_once_nobody_is_let_in_by_whoever_is_gone(room: Room) -> None:
    _, left, second = await room.in_this_order(
        room.invite(room.berta, room.dora), room.leave(room.berta), room.invite(room.berta, room.dora)
    )
    assert isinstance(second, NoConversation) or second.conversation.place < left
    assert await room.members() == {room.carla.id, room.dora.id}
