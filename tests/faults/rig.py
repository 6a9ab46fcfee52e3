"""The whole run: a house, its people, thieves and faults; and what is found when all is quiet again."""

import asyncio
import random
import time
from collections.abc import Iterable

from websockets.asyncio.client import connect

from tests.chat.talk import keys
from tests.faults.asking import ask
from tests.faults.faults import Faults
from tests.faults.house import House, Plan, opened
from tests.faults.line import Line
from tests.faults.people import PASSWORD, Person
from tests.faults.settling import check, settle
from tests.faults.tabs import Somebody
from tests.faults.thief import Thief


async def run(plan: Plan) -> House:
    async with opened(plan) as house:
        people = [Person(number) for number in range(plan.people)]
        await asyncio.gather(*(_register(house, person) for person in people))
        devices = _devices(house, people)
        await _make_conversations(house, people, devices)
        thieves = [Thief(house, number, _robbable(devices)) for number in range(plan.thieves)]
        house.ledger.tell("everybody is there")
        began = time.monotonic()
        watching = asyncio.create_task(house.bounds.watch_ourselves())
        faults = Faults(house)
        async with asyncio.TaskGroup() as group:
            for device in devices:
                group.create_task(device.live())
            thieving = [group.create_task(thief.live()) for thief in thieves]
            await faults.run(plan.seconds)
            house.is_closing = True
            house.ledger.done["seconds"] = round(time.monotonic() - began)
            await asyncio.gather(*thieving)
            await settle(house, devices, thieves)
        await check(house, devices, thieves)
        watching.cancel()
        await asyncio.gather(*house.tasks)
        _read_logs(house)
    return house


async def _register(house: House, person: Person) -> None:
    body = {"email": person.email, "password": PASSWORD, "display_name": f"Person {person.number}"}
    answer = await ask(house.nodes[0].port, "POST", "/backend/auth/register", body=body, patience=30)
    assert answer.status == 201, answer
    person.id = answer.body["user"]["id"]


def _devices(house: House, people: Iterable[Person]) -> list[Somebody]:
    devices = []
    for person in people:
        own = [
            Somebody(house, person, f"{person.number}-browser", "web", tabs=1 + person.number % 3),
            Somebody(house, person, f"{person.number}-app", "api", tabs=1),
        ]
        for device in own:
            device.others = [other for other in own if other is not device]
        devices += own
    return devices


def _robbable(devices: list[Somebody]) -> list[Somebody]:
    """A third of the people: the others are never robbed, and nothing excuses their being signed out."""
    return [device for device in devices if device.person.number % 3 == 2]


async def _make_conversations(house: House, people: list[Person], devices: list[Somebody]) -> None:
    dice = random.Random(f"{house.plan.seed} conversations")
    for number in range(len(people)):
        members = [people[number], *dice.sample([each for each in people if each is not people[number]], 2)]
        starter = next(device for device in devices if device.person is people[number])
        await starter.sign_in()
        conversation = await _start(starter, members)
        house.talk.members[conversation] = members
        for member in members:
            member.conversations.append(conversation)


async def _start(starter: Somebody, members: list[Person]) -> str:
    node = starter.house.nodes[0]
    url = f"ws://127.0.0.1:{node.port}/backend/socket/websocket?vsn=2.0.0&token={starter.visit.auth_token}"
    line = Line(starter.talker, node, await connect(url, compression=None, proxy=None), starter.visit)
    return await line.start_group([member.id for member in members], keys())


def _read_logs(house: House) -> None:
    """A traceback is a violation: every fault has an answer that somebody thought of."""
    for node in house.nodes:
        written = node.written()
        house.ledger.done["tracebacks"] += written.count("Traceback (most recent call last)")
        if "Traceback (most recent call last)" in written:
            place = written.index("Traceback (most recent call last)")
            house.ledger.violate("traceback", None, f"{node.name}: {written[max(0, place - 400) : place + 2500]}")
