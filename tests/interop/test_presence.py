"""Phoenix's Presence class over our `presence_state` and `presence_diff`."""

from typing import Any

import pytest

from tests.interop.conftest import Connect, SignIn
from tests.interop.stock import GENERAL, OK, SENT, Client, Person

pytestmark = pytest.mark.anyio


def devices(seen: dict[str, Any], person: Person) -> int:
    return len(seen["here"].get(person.id, []))


def of(seen: dict[str, Any], what: str, person: Person) -> list[list[int]]:
    """What onJoin (`came`) or onLeave (`went`) told of one person."""
    return [counts for user_id, *counts in seen[what] if user_id == person.id]


async def test_people_come_and_go_with_each_of_their_devices(sign_in: SignIn, connect: Connect) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    watcher = await connect(grace, GENERAL)
    await watcher.sees(lambda seen: devices(seen, grace) == 1)
    desk, phone = await connect(ada, GENERAL), await connect(await sign_in(ada), GENERAL)
    seen = await watcher.sees(lambda seen: devices(seen, ada) == 2)
    assert of(seen, "came", ada) == [[0, 1], [1, 1]]
    metas = seen["here"][ada.id]
    assert len({meta["phx_ref"] for meta in metas}) == 2
    assert all(meta["online_at"].endswith("Z") and meta["online_at"][10] == " " for meta in metas)
    assert devices(await phone.sees(lambda seen: devices(seen, ada) == 2), grace) == 1

    await desk.close()
    seen = await watcher.sees(lambda seen: devices(seen, ada) == 1)
    assert of(seen, "went", ada) == [[1]]
    assert await phone.leave(GENERAL) == OK
    seen = await watcher.sees(lambda seen: devices(seen, ada) == 0)
    assert of(seen, "went", ada) == [[1], [0]]


async def test_who_hides_is_in_nobody_s_list(sign_in: SignIn, connect: Connect) -> None:
    ada, grace, hedy = [await sign_in(name) for name in ("Ada", "Grace", "Hedy")]
    watcher, hers = await connect(grace, GENERAL), await connect(ada, GENERAL)
    hidden = await connect(hedy)
    assert await hidden.join(GENERAL, {"hidden": True}) == OK
    await hidden.sees(lambda seen: devices(seen, grace) == 1)
    await watcher.sees(lambda seen: devices(seen, ada) == 1)
    assert await hers.push(GENERAL, "set_hidden", {"hidden": True}) == SENT
    seen = await watcher.sees(lambda seen: devices(seen, ada) == 0)
    assert of(seen, "came", hedy) == []
    # Whoever comes now is told of neither.
    late = await connect(grace, GENERAL)
    assert list((await late.sees(lambda seen: devices(seen, grace) == 2))["here"]) == [grace.id]

    assert await hers.push(GENERAL, "set_hidden", {"hidden": False}) == SENT
    seen = await watcher.sees(lambda seen: devices(seen, ada) == 1)
    assert of(seen, "came", ada) == [[0, 1], [0, 1]]
    await own_list_is_renewed(hers, ada)


async def own_list_is_renewed(client: Client, person: Person) -> None:
    """`presence_state` comes again after `set_hidden`."""
    states = await client.hears(GENERAL, "presence_state", 3)
    assert [person.id in state for state in states] == [True, False, True]


async def test_a_new_name_reaches_everybody(sign_in: SignIn, connect: Connect) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    watcher, hers = await connect(grace, GENERAL), await connect(ada, GENERAL)
    assert await hers.push(GENERAL, "set_display_name", {"display_name": "Ada L."}) == SENT
    told = {"user_id": ada.id, "display_name": "Ada L."}
    assert told in await watcher.hears(GENERAL, "update_display_name")
