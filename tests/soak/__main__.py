"""`make soak`: the soak at its full length. Prints its figures, and ends with 1 where a canary leaked."""

import argparse
import sys
import tempfile

import uvloop

from tests.soak.soak import soak
from tests.soak.world import Plan


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--conversations", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    plan = Plan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as folder:
        made, figures = uvloop.run(soak(plan, CHAT_DATABASE_URL=f"sqlite:///{folder}/chat.db"))
    print(plan)
    for name, figure in figures.items():
        print(f"{figure:>12,}  {name}")
    for leak in made.ledger.leaks[:20]:
        print(leak)
    return 1 if made.ledger.leaks else 0


if __name__ == "__main__":
    sys.exit(main())
