"""Private keys and cursors are for one person alone, whatever the others ask for."""

import base64
import copy
import itertools
import json
from typing import Any

import pytest

from tests.attacks.chat.scene import conversation_pushes, everything
from tests.chat.house import GENERAL, House, Person
from tests.chat.talk import SENT, conversation, copies, group, keys
from tests.http.house import code

pytestmark = pytest.mark.anyio


def marked(number: int) -> dict[str, Any]:
    """A pair whose private numbers say whose they are."""
    pair = copy.deepcopy(keys())
    for name in ("d", "dp", "dq", "p", "q", "qi"):
        pair["private_key"][name] = f"Canary{number}{name}".ljust(40, "x")
    return pair


async def test_a_private_key_is_in_no_answer_and_no_broadcast_but_its_owners_own_join(house: House) -> None:
    people = [await house.person(name) for name in ("Anna", "Berta", "Carla")]
    anna, berta, carla = people
    said: dict[str, list[str]] = {person.id: [] for person in people}
    async with (
        house.device(anna, GENERAL, anna.own) as first,
        house.device(berta, GENERAL, berta.own) as second,
        house.device(carla, GENERAL, carla.own) as third,
    ):
        devices = dict(zip([person.id for person in people], (first, second, third), strict=True))

        async def ask(person: Person, topic: str, event: str, push: object = None) -> Any:
            answer = await devices[person.id].ask(topic, event, push)
            said[person.id].append(json.dumps(answer))
            return answer["response"]

        start = {"user_ids": [berta.id, carla.id], **marked(0)}
        here = conversation(conversation_id := await ask(anna, GENERAL, "start_group_conversation", start))
        await ask(berta, GENERAL, "start_private_conversation", {"other_user_id": anna.id, **marked(1)})
        await ask(anna, GENERAL, "start_private_conversation", {"other_user_id": berta.id, **marked(0)})
        own = {person.id: (await devices[person.id].join(here))["response"]["private_key"] for person in people}
        assert (own[anna.id]["d"], own[berta.id], own[carla.id]) == (marked(0)["private_key"]["d"], None, None)
        for number, person in enumerate(people):
            assert await ask(person, here, "set_encryption_keys", marked(number)) == SENT["response"]
        for event, push in conversation_pushes(*people).items():
            if event not in ("set_encryption_keys", "leave_conversation"):
                await ask(carla, here, event, push)
        await ask(carla, here, "leave_conversation")
        await ask(anna, here, "modify_conversation", {"new_members": [carla.id]})
        for number, person in enumerate(people):
            said[person.id] += [json.dumps(frame) for frame in await devices[person.id].heard()]
            answer = await devices[person.id].join(here)
            assert answer["response"].pop("private_key")["d"] == marked(number)["private_key"]["d"]
            said[person.id].append(json.dumps(answer))
            async with house.client(person) as client:
                for path in ("/api/me", "/api/conversations", f"/api/messages?conversation_id={conversation_id}"):
                    said[person.id].append((await client.get(path)).text)
    for answers in said.values():
        assert len(answers) > 8
        assert "Canary" not in "".join(answers)
    assert not any(b"Canary" in str(row).encode() for row in await everything(house))


async def test_a_cursor_opens_for_its_asker_and_its_question_alone(house: House) -> None:
    """Each cursor that there can be, at each place where one can be shown."""
    people = [await house.person("Qanna"), await house.person("Qberta"), await house.person("Qcarla")]
    places: list[tuple[str, dict[str, str]]] = [("/api/users", {"search": text}) for text in ("q", "Q", "qc", "")]
    for _ in range(2):
        here = await group(house, *people)
        for _ in range(3):
            await house.chat.messages.send(here, people[0].id, copies(*people), 2000)
        places.append(("/api/messages", {"conversation_id": here}))
    questions = list(itertools.product(people[:2], places))
    cursors: list[str] = []
    for person, (path, query) in questions:
        async with house.client(person) as client:
            [page] = (await client.get(path, params={**query, "page_size": "1"})).json().values()
            cursors.append(page["page_token"])
    assert cursors.count("") == 2, "only one is found by `qc`"
    for (cursor, origin), (person, (path, query)) in itertools.product(
        zip(cursors, range(len(questions)), strict=True), questions
    ):
        if cursor:
            async with house.client(person) as client:
                answer = await client.get(path, params={**query, "page_token": cursor})
            is_own = questions[origin] == (person, (path, query))
            assert (answer.status_code == 200) is is_own, (origin, person, query)
            assert is_own or code(answer) == "invalid_request"


async def test_no_cursor_with_another_bit_anywhere_is_ours(house: House) -> None:
    anna = await house.person()
    here = await group(house, anna)
    for _ in range(3):
        await house.chat.messages.send(here, anna.id, copies(anna), 2000)
    cursor = (await house.chat.history.page(here, anna.id, None, 1)).page_token
    sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    async with house.client(anna) as client:

        async def status(raw: bytes) -> int:
            token = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
            query = {"conversation_id": here, "page_token": token}
            return (await client.get("/api/messages", params=query)).status_code

        assert await status(sealed) == 200
        for at in range(len(sealed)):
            assert await status(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]) == 400, at
            assert await status(sealed[:at]) == (400 if at else 200), "an empty one is none"
