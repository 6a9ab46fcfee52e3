"""A little of what `make faults` does (docs/faults.md): real nodes, and each of some faults at least once."""

from tests.faults.__main__ import report
from tests.faults.house import Plan, Store
from tests.faults.rig import run


async def nothing_is_violated(store: Store, seed: int, faults: tuple[str, ...], *, together: float) -> None:
    plan = Plan(store, seed, seconds=0, faults=faults, people=6, window=2, straggler=4, together=together)
    house = await run(plan)
    assert house.ledger.violations == [], report(house)
    # It was no quiet day.
    for name in ("messages", "refreshes", "sign-outs", "ended tokens refused", "old tokens refused"):
        assert house.ledger.done[name] > 0, name
    for fault in plan.faults:
        assert house.ledger.done[f"fault: {fault}"] > 0, fault
