"""`make faults`: ten minutes in which everything fails that can. Prints what happened; ends with 1 for a violation."""

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict

import uvloop

from tests.faults.house import House, Plan
from tests.faults.rig import run

EXAMPLES = 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--people", type=int, default=9)
    parser.add_argument("--window", type=int, default=10)
    parser.add_argument("--straggler", type=int, default=30)
    parser.add_argument("--without-valkey", dest="valkey", action="store_false")
    parser.add_argument("--faults", type=lambda text: tuple(text.split(",")), default=())
    plan = Plan(**vars(parser.parse_args()))
    house = uvloop.run(run(plan))
    print(report(house))
    return 1 if house.ledger.violations else 0


def report(house: House) -> str:
    ledger = house.ledger
    lines = [str(house.plan), *(f"{count:>9,}  {what}" for what, count in sorted(ledger.done.items()))]
    lines += [
        f"{seconds:>9.3f}  s at the worst after a sign-out: {kind}" for kind, seconds in house.bounds.worst().items()
    ]
    lines.append(f"{len(ledger.violations):>9}  violations")
    kinds = Counter(str(violation["kind"]) for violation in ledger.violations)
    for kind, count in kinds.items():
        lines.append(f"{count:>9}  {kind}, for example:")
        some = [violation for violation in ledger.violations if violation["kind"] == kind][:EXAMPLES]
        lines += [json.dumps(violation, indent=1) for violation in some]
    figures = {**ledger.done, "worst": house.bounds.worst(), "violations": kinds}
    lines.append(json.dumps({"plan": asdict(house.plan), **figures}))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
