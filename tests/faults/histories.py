"""Of messages, at the end: each once, in one order for everybody, and heard in the order in which they were said."""

import itertools

from tests.faults.asking import ask_patiently
from tests.faults.house import House
from tests.faults.people import Person, number_of
from tests.faults.tabs import Somebody


async def check_messages(house: House, devices: list[Somebody]) -> None:
    """Each that was acknowledged once, in one order for all, in which each device's are as it sent them."""
    orders: dict[str, list[int]] = {}
    for conversation, members in house.talk.members.items():
        read = [await _history(devices, member, conversation) for member in members]
        orders[conversation] = read[0]
        if any(each != read[0] for each in read):
            house.ledger.violate("two histories", None, f"of conversation {conversation}: {list(map(len, read))}")
        if len(set(read[0])) != len(read[0]):
            house.ledger.violate("a message is there twice", None, f"in conversation {conversation}")
    for message in house.talk.messages.values():
        if message.acknowledged and message.number not in orders[message.conversation]:
            house.ledger.violate("a message is lost", None, f"{message}")
    for conversation, order in orders.items():
        last: dict[str, int] = {}
        for number in order:
            by = house.talk.messages[number].by
            if last.get(by, 0) > number:
                house.ledger.violate("out of order", None, f"{number} of {by} in {conversation}")
            last[by] = number
    _were_heard_in_order(house, orders)


def _were_heard_in_order(house: House, orders: dict[str, list[int]]) -> None:
    """On each socket alone: it may have missed some, but none came twice, and none before an earlier one of the same
    sender. That those of several senders came otherwise than they were stored is counted."""
    places = {conversation: {number: at for at, number in enumerate(order)} for conversation, order in orders.items()}
    for ears in house.talk.heard:
        for conversation, told in ears.told.items():
            if len(set(told)) != len(told):
                house.ledger.violate("heard twice", None, f"on a socket of {ears.who} at {ears.node}")
            at = [places[conversation].get(number, -1) for number in told]
            if -1 in at:
                house.ledger.violate("heard and not stored", None, f"on a socket of {ears.who} at {ears.node}")
            house.ledger.done["heard in another order than stored"] += sum(a > b for a, b in itertools.pairwise(at))
            house.ledger.done["gaps in what was heard"] += sum(b - a > 1 for a, b in itertools.pairwise(at))
            last: dict[str, int] = {}
            for number in told:
                by = house.talk.messages[number].by
                if last.get(by, 0) > number:
                    house.ledger.violate("heard out of order", None, f"{number} of {by} at {ears.node}")
                last[by] = number


async def _history(devices: list[Somebody], member: Person, conversation: str) -> list[int]:
    """The oldest first."""
    device = next(each for each in devices if each.person is member)
    if device.visit.is_over:
        await device.sign_in()
    numbers: list[int] = []
    cursor, page = "", -1
    while page == -1 or cursor:
        path = f"/backend/api/messages?conversation_id={conversation}&page_size=100&page_token={cursor}"
        answer = await ask_patiently(
            device.house.nodes[0].port, "GET", path, Authorization=f"Bearer {device.visit.auth_token}"
        )
        if answer.status == 401:
            assert await device.refresh() == "refreshed", "a reader of histories cannot refresh"
            continue
        assert answer.status == 200, answer
        numbers += [number_of(each["content"]) for each in answer.body["messages"]["items"]]
        cursor, page = answer.body["messages"]["page_token"], page + 1
    return numbers[::-1]
