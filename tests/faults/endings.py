"""After a sign-out was acknowledged: who is still let in with its token, where, and for how long?"""

import asyncio

from tests.faults.asking import NoAnswer, ask
from tests.faults.bounds import CUT_OFF
from tests.faults.house import House
from tests.faults.ledger import Visit
from tests.faults.node import Node

EVERY = 0.1


def watch_end(house: House, visit: Visit) -> None:
    """At every node, beside everything else."""
    for node in house.nodes:
        house.beside(_watch(house, visit, node))


async def _watch(house: House, visit: Visit, node: Node) -> None:
    """With the token that this node knows best, until it has refused it."""
    assert visit.ended_at is not None
    token = visit.warm.get(node.name, visit.auth_token)
    while house.ledger.now() < visit.ended_at + CUT_OFF + 5:
        cut_since, sent_at = node.cut_since, house.ledger.now()
        try:
            answer = await ask(node.port, "GET", "/backend/api/me", patience=12, Authorization=f"Bearer {token}")
        except NoAnswer:
            answer = None
        if answer is not None and answer.status == 200:
            house.bounds.served(node, visit, cut_since, sent_at, "call", "an API call")
        elif answer is not None and answer.status == 401:
            house.ledger.done["ended tokens refused"] += 1
            return
        await asyncio.sleep(EVERY)
