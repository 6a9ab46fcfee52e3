"""When every fault is over: what must be so, of every session, every thief and every message."""

import asyncio
import itertools

from tests.faults.asking import Answer, NoAnswer, ask
from tests.faults.house import House
from tests.faults.ledger import Visit
from tests.faults.people import Person, number_of
from tests.faults.tabs import Somebody
from tests.faults.thief import Loot, Thief

QUIET_WITHIN = 90.0


async def settle(house: House, devices: list[Somebody], thieves: list[Thief]) -> None:
    """Everybody is still there, and ends in here."""
    house.ledger.tell("all faults are over")
    await asyncio.gather(*(node.ready() for node in house.nodes))
    house.bounds.over(*house.nodes)
    await _all_is_sent(house, devices)
    house.is_over = True
    for device in devices:
        device.over.set()


async def check(house: House, devices: list[Somebody], thieves: list[Thief]) -> None:
    """Nobody does anything any more but what is asked here."""
    await asyncio.gather(*(_is_signed_in(device) for device in devices))
    stolen = [loot for thief in thieves for loot in thief.loot if loot.was_served and not loot.visit.is_over]
    await asyncio.gather(*(_is_caught(house, devices, visit, stolen) for visit in {loot.visit for loot in stolen}))
    ended = [visit for visit in house.ledger.visits.values() if visit.ended_at is not None]
    house.ledger.done["ended sessions asked for again"] = len(ended)
    await asyncio.gather(*(_stays_ended(house, visit) for visit in ended[-200:]))
    await _messages_are_there(house, devices)
    await asyncio.gather(*(_has_one_token(device) for device in devices))


async def _all_is_sent(house: House, devices: list[Somebody]) -> None:
    try:
        async with asyncio.timeout(QUIET_WITHIN):
            while any(device.talker.unsent for device in devices):
                await asyncio.sleep(0.1)
    except TimeoutError:
        for device in devices:
            if device.talker.unsent:
                house.ledger.violate("never acknowledged", device.visit, device.talker.unsent.text)


async def _is_signed_in(device: Somebody) -> None:
    """Whose session nobody ended is refreshed, and is let in."""
    if device.visit.is_over or device.visit.id == "none":
        return
    for _ in range(40):
        outcome = await device.refresh()
        if outcome in ("refreshed", "ended"):
            break
        await asyncio.sleep(1)
    else:
        device.ledger.violate("cannot refresh", device.visit, f"though all is quiet: {outcome}")
        return
    if outcome == "refreshed":
        status = await device.me()
        if status != 200 and not device.visit.may_be_over:
            device.ledger.violate("cannot call", device.visit, f"{status}, with a fresh auth token")
        device.ledger.done["sessions that live at the end"] += 1


async def _has_one_token(device: Somebody) -> None:
    """Once the newest token is proved to have arrived, none of those before it is good for anything."""
    if device.visit.is_over or device.visit.robbed_at is not None:
        return
    plan = device.house.plan
    await asyncio.sleep(max(plan.window, plan.straggler) + 1)
    if await device.refresh() != "refreshed" or await device.me() != 200:
        device.ledger.violate("cannot refresh", device.visit, "though all is quiet")
        return
    for generation, token in tuple(device.past.items()):
        if device.jar_seen is None or generation == device.jar_seen.generation:
            continue
        status = await device.present_again(token)
        device.ledger.done["old tokens refused"] += status in (401, 409)
        if status not in (401, 409):
            device.ledger.violate("an old token is good", device.visit, f"generation {generation}: {status}")


async def _is_caught(house: House, devices: list[Somebody], visit: Visit, stolen: list[Loot]) -> None:
    """Thief and owner use what they have, one after the other, each past the windows of the other: then it is over."""
    owner = next((device for device in devices if device.visit is visit), None)
    if owner is None:
        return
    pause = max(house.plan.window, house.plan.straggler) + 1
    those = [loot for loot in stolen if loot.visit is visit]
    for _ in range(2):
        for loot in those:
            await loot.present()
            await loot.call()
        await asyncio.sleep(pause)
        if await owner.refresh() == "ended":
            break
        await owner.me()
        await asyncio.sleep(pause)
    for loot in those:
        await loot.present()
    over = visit.is_over or all(loot.is_over for loot in those)
    house.ledger.done["thieves caught at the end"] += over
    if not over:
        house.ledger.violate("a thief is not caught", visit, "both have used the token past the window")


async def _stays_ended(house: House, visit: Visit) -> None:
    for node in house.nodes:
        answer = await _patiently(node.port, "GET", "/backend/api/me", Authorization=f"Bearer {visit.auth_token}")
        if answer.status != 401:
            house.ledger.violate("revoked and served", visit, f"{answer.status} at {node.name}, at the end")


async def _messages_are_there(house: House, devices: list[Somebody]) -> None:
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
        answer = await _patiently(
            device.house.nodes[0].port, "GET", path, Authorization=f"Bearer {device.visit.auth_token}"
        )
        if answer.status == 401:
            assert await device.refresh() == "refreshed", "a reader of histories cannot refresh"
            continue
        assert answer.status == 200, answer
        numbers += [number_of(each["content"]) for each in answer.body["messages"]["items"]]
        cursor, page = answer.body["messages"]["page_token"], page + 1
    return numbers[::-1]


async def _patiently(port: int, method: str, path: str, **headers: str) -> Answer:
    for _ in range(60):
        try:
            answer = await ask(port, method, path, patience=10, **headers)
        except NoAnswer:
            answer = None
        if answer is not None and answer.status != 503:
            return answer
        await asyncio.sleep(0.5)
    raise AssertionError(f"{path} is not answered, though all is quiet")
