"""When every fault is over: what must be so, of every session, every thief and every message."""

import asyncio

from tests.faults.asking import ask_patiently
from tests.faults.histories import check_messages
from tests.faults.house import House
from tests.faults.ledger import Visit
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
    await check_messages(house, devices)
    await asyncio.gather(*(_has_one_token(device) for device in devices))


async def _all_is_sent(house: House, devices: list[Somebody]) -> None:
    try:
        async with asyncio.timeout(QUIET_WITHIN):
            while any(device.talker.unsent for device in devices):  # noqa: ASYNC110 - others' states, without a bell
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
        answer = await ask_patiently(node.port, "GET", "/backend/api/me", Authorization=f"Bearer {visit.auth_token}")
        if answer.status != 401:
            house.ledger.violate("revoked and served", visit, f"{answer.status} at {node.name}, at the end")
