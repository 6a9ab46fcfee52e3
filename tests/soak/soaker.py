"""One person of the soak, and what comes to their mind."""

import asyncio
import contextlib
import uuid

from tests.chat.talk import SENT, UNMATCHED, refused
from tests.http.house import bearer
from tests.soak.devices import INVALID_TOKEN, NOT_FOUND, Devices
from tests.soak.ledger import NEVER, Stay
from tests.soak.sockets import Gone, copy_for
from tests.soak.world import World, marked_keys

PUSHES = 150
"""On one socket: a burst of 200 is allowed, and this is about them who write, not about floods."""

REFUSED = (NOT_FOUND, INVALID_TOKEN, UNMATCHED, refused("wrong_recipients"))


class Soaker(Devices):
    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, number)
        self.beside: asyncio.Task[None] | None = None
        self.deeds = {
            self.write: 800,
            self.leave: 25,
            self.invite: 45,
            self.rename: 20,
            self.edit_or_delete: 30,
            self.type_or_read: 20,
            self.set_keys: 5,
            self.trespass: 40,
            self.read_pages: 15,
            self.write_and_sign_out: 6,
            self.stir_the_other_device: 20,
        }

    async def live(self) -> None:
        for device in range(2):
            self.pairs.append(await self.world.house.sign_in(self.person.id))
            self.sockets.append(await self.open(device))
        while not self.world.is_over:
            [deed] = self.dice.choices(list(self.deeds), list(self.deeds.values()))
            await deed()
            if self.sockets[0].pushes > PUSHES:
                await self.reopen(0)
        if self.beside is not None:
            await self.beside
        for socket in self.sockets:
            await socket.flush()
            await socket.close()
        await self.client.aclose()

    async def write(self) -> None:
        """To those who are there as far as is known; now and then one too few, one too many, or twice."""
        conversation = self.pick()
        if conversation is None:
            return
        people = self.world.members(conversation)
        if (whim := self.dice.random()) < 0.02:
            people.remove(self.dice.choice(people))
        elif whim < 0.04:
            people.append(self.dice.choice([*set(range(len(self.world.people))).difference(people)]))
        number = self.ledger.write(conversation, tuple(people), is_message=True)
        push = {"encrypted_messages": self.copies(number, people), "client_id": self.new_id()}
        if await self.told(number, conversation, "send_message", push):
            self.world.done["messages"] += 1
            if whim > 0.97:
                again, _ = await self.push(conversation, "send_message", push)
                self.must(again == SENT, f"a message that was sent again was answered {again}")

    async def told(self, number: int, conversation: int, event: str, push: object) -> bool:
        """Pushes a canary; whether it was taken."""
        canary = self.ledger.canaries[number]
        answer, end = await self.push(conversation, event, push)
        if answer == SENT:
            canary.end = end
            return True
        self.must(answer in REFUSED, f"{event} was answered {answer}")
        canary.is_refused = True
        self.world.done["refusals"] += 1
        return False

    def copies(self, number: int, people: list[int] | tuple[int, ...]) -> dict[str, str]:
        return {self.world.people[each].id: copy_for(number, each) for each in people}

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))

    async def leave(self) -> None:
        conversation = self.pick()
        if conversation is None or len(self.world.members(conversation)) <= self.world.plan.least:
            return
        stay = self.ledger.stays[conversation, self.number][-1]
        topic = self.world.topic(conversation)
        if topic not in self.sockets[0].topics:
            await self.join(self.sockets[0], conversation)
        stay.certain_until = self.ledger.tick()
        answer, stay.possible_until = await self.push(conversation, "leave_conversation")
        self.must(answer == SENT, f"leaving was answered {answer}")
        self.world.done["leavings"] += 1
        for event in ("start_typing", "send_message", "change_alias"):
            push = {"encrypted_messages": self.copies(0, [self.number]), "alias": "Still here"}
            answer, _ = await self.sockets[0].ask(topic, event, push)
            self.must(answer == UNMATCHED, f"{event} of a former member was answered {answer}")

    async def invite(self) -> None:
        conversation = self.pick()
        if conversation is None or len(self.world.members(conversation)) >= self.world.plan.most:
            return
        away = [who for who in range(len(self.world.people)) if self.is_away(conversation, who)]
        if not away:
            return
        who = self.dice.choice(away)
        alias = self.ledger.write(conversation)
        stays, stay = self.ledger.stays[conversation, who], Stay(self.ledger.tick())
        stays.append(stay)
        push = {"new_members": [self.world.people[who].id], "new_alias": f"Alias{alias:07}"}
        answer, stay.certain_from = await self.push(conversation, "modify_conversation", push)
        self.must(answer == SENT, f"an invitation was answered {answer}")
        self.ledger.canaries[alias].end = stay.certain_from
        self.world.done["invitations"] += 1

    def is_away(self, conversation: int, who: int) -> bool:
        stays = self.ledger.stays[conversation, who]
        return not stays or stays[-1].possible_until < NEVER

    async def rename(self) -> None:
        if (conversation := self.pick()) is not None:
            number = self.ledger.write(conversation)
            await self.told(number, conversation, "change_alias", {"alias": f"Alias{number:07}"})

    async def edit_or_delete(self) -> None:
        conversation, mine = self.pick(), self.sockets[0].written
        if not mine or mine[-1][0] != conversation:
            return
        _, group, original = mine.pop()
        if self.dice.random() < 0.3:
            answer, _ = await self.push(conversation, "delete_message", {"message_group_id": group})
            self.must(answer == SENT, f"deleting one's own message was answered {answer}")
            self.world.done["deletions"] += 1
            return
        people = self.ledger.canaries[original].people
        number = self.ledger.write(conversation, people)
        push = {"message_group_id": group, "encrypted_messages": self.copies(number, people)}
        if await self.told(number, conversation, "edit_message", push):
            self.world.done["edits"] += 1

    async def type_or_read(self) -> None:
        if (conversation := self.pick()) is not None:
            event = self.dice.choice(["start_typing", "finish_typing", "read_conversation"])
            answer, _ = await self.push(conversation, event)
            self.must(answer == SENT, f"{event} was answered {answer}")

    async def set_keys(self) -> None:
        if (conversation := self.pick()) is not None:
            answer, _ = await self.push(conversation, "set_encryption_keys", marked_keys(self.number))
            self.must(answer == SENT, f"set_encryption_keys was answered {answer}")

    async def trespass(self) -> None:
        """In a conversation of others, by all that is known of it."""
        elsewhere = [each for each in range(len(self.world.conversations)) if self.is_away(each, self.number)]
        if not elsewhere:
            return
        conversation, socket = self.dice.choice(elsewhere), self.sockets[0]
        await self.join(socket, conversation)
        await self.get_page(conversation, self.dice.choice(self.world.cursors) if self.world.cursors else "")
        other = self.dice.choice(self.world.people)
        answer, _ = await socket.ask(other.own, "phx_join", {"token": other.token})
        self.must(answer["status"] == "error" or other is self.person, f"joining another's topic was answered {answer}")
        self.world.done["trespasses"] += 1

    async def read_pages(self) -> None:
        if (conversation := self.pick()) is not None:
            await self.get_page(conversation, "")

    async def get_page(self, conversation: int, cursor: str) -> None:
        start = self.ledger.tick()
        query = {"conversation_id": self.world.conversations[conversation], "page_token": cursor}
        answer = await self.call("GET", "/api/messages", params=query, headers=bearer(self.pairs[0].auth_token))
        end = self.ledger.tick()
        self.sockets[0].search(answer.text, "page", end)
        if not cursor:
            self.check_answer(answer.status_code == 200, conversation, start, end, "a page")
        if answer.status_code == 200:
            self.world.cursors.append(answer.json()["messages"]["page_token"])

    async def write_and_sign_out(self) -> None:
        async def write() -> None:
            with contextlib.suppress(Gone):
                await self.write()

        await asyncio.gather(write(), self.sign_out(0))

    async def stir_the_other_device(self) -> None:
        """Beside all that follows: what it races with is what comes next."""
        if self.beside is None or self.beside.done():
            if self.beside is not None:
                self.beside.result()
            stir = self.dice.choice([self.sign_out, self.reopen, self.join_again])
            self.beside = asyncio.create_task(stir(1))
