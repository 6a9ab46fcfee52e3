"""Where the soak takes place: a real server, its people and their conversations."""

import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from chat.jwk import KeyPair
from tests.chat.house import House, Person, opened
from tests.chat.talk import keys, now
from tests.soak.ledger import Ledger, Stay


@dataclass
class Plan:
    seed: int = 1
    messages: int = 5_000
    people: int = 16
    conversations: int = 12
    least: int = 2
    most: int = 5


@dataclass
class World:
    house: House
    plan: Plan
    ledger: Ledger = field(default_factory=Ledger)
    people: list[Person] = field(default_factory=list)
    conversations: list[str] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    """Conversations by id."""
    done: Counter[str] = field(default_factory=Counter)
    cursors: list[str] = field(default_factory=list)
    """Cursors that others were given."""

    @property
    def is_over(self) -> bool:
        return self.done["messages"] >= self.plan.messages or bool(self.ledger.leaks)

    def topic(self, conversation: int) -> str:
        return f"conversation:{self.conversations[conversation]}"

    def members(self, conversation: int) -> list[int]:
        return [who for who in range(len(self.people)) if self.ledger.is_there(conversation, who)]

    def of(self, person: int) -> list[int]:
        return [each for each in range(len(self.conversations)) if self.ledger.is_there(each, person)]


def marked_keys(person: int) -> dict[str, dict[str, object]]:
    """A pair whose private half says whose it is."""
    pair = keys()
    return {**pair, "private_key": {**pair["private_key"], "d": f"Secret{person:03}x".ljust(40, "x")}}


@contextlib.asynccontextmanager
async def world(plan: Plan, **environment: str) -> AsyncIterator[World]:
    dice = random.Random(plan.seed)
    async with opened(**environment) as house:
        made = World(house, plan)
        for number in range(plan.people):
            made.people.append(await house.person(f"Person {number}"))
        for number in range(plan.conversations):
            who = dice.sample(range(plan.people), dice.randint(plan.least, plan.most))
            ids = [made.people[each].id for each in who]
            pair = KeyPair.read(*marked_keys(who[0]).values())
            started = await house.chat.conversations.start_group(ids[0], ids, None, pair, now())
            made.conversations.append(started.conversation.id)
            made.names[started.conversation.id] = number
            for each in who:
                made.ledger.stays[number, each].append(Stay(0, 0))
                pair = KeyPair.read(*marked_keys(each).values())
                await house.chat.encryption_keys.set(started.conversation.id, made.people[each].id, pair, now())
        yield made
