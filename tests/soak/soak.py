"""Many conversations at once, in which everybody writes, leaves, is invited back and is signed out, at the same time
and on several sockets, while others try what is not theirs. What they do is drawn from a seed; in which order it meets
is the machine's. The server is the real one, and so are the sockets."""

import asyncio
import time

from tests.soak.ledger import NEVER
from tests.soak.soaker import Soaker
from tests.soak.world import Plan, World, world


async def soak(plan: Plan, **environment: str) -> tuple[World, dict[str, int]]:
    """What happened, and its figures. `world.ledger.leaks` says in sentences what should not have."""
    started = time.monotonic()
    async with world(plan, **environment) as made, asyncio.TaskGroup() as group:
        for number in range(plan.people):
            group.create_task(Soaker(made, number).live())
    owed = made.ledger.settle()
    stays = [stay for those in made.ledger.stays.values() for stay in those]
    figures = {
        **made.done,
        "frames searched": made.ledger.seen,
        "canaries": len(made.ledger.canaries),
        "memberships ended": sum(stay.possible_until < NEVER for stay in stays),
        "sockets": len(made.ledger.ears),
        "deliveries owed and made": owed,
        "leaks": len(made.ledger.leaks),
        "seconds": round(time.monotonic() - started),
    }
    return made, figures
