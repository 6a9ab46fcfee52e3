"""`make simulate`: how often honest people are signed out, and how long thieves stay, under three rules.

python -m simulate [--weeks N] [--several N] [--thieves N] [--seed N] [--loss P] [--jobs N] [--rule ours|strict|window]
"""

import argparse
import logging
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from simulate.rules import RULES, Rule, simulated_key_ring
from simulate.thief import KINDS, Kind
from simulate.week import Outcome, honest_week, robbed_week
from simulate.world import MINUTE

BATCH = 25


@dataclass(frozen=True)
class Batch:
    rule: Rule
    first: int
    size: int
    seed: int
    loss: float
    kind: Kind | None
    several_tabs: bool = False

    def run(self) -> list[Outcome]:
        # Each caught thief is a warning of the library: here there are thousands.
        logging.getLogger("latchstring").setLevel(logging.CRITICAL)
        key_ring = simulated_key_ring()
        numbers = range(self.first, self.first + self.size)
        if self.kind is not None:
            return [robbed_week(self.rule, key_ring, n, self.seed, self.kind, self.loss) for n in numbers]
        return [
            honest_week(self.rule, key_ring, n, self.seed, 2 + n % 4 if self.several_tabs else 1, self.loss)
            for n in numbers
        ]


def batches(rule: Rule, weeks: int, arguments: argparse.Namespace, kind: Kind | None, several: bool) -> Iterator[Batch]:
    for first in range(0, weeks, BATCH):
        size = min(BATCH, weeks - first)
        yield Batch(rule, first, size, arguments.seed, arguments.loss, kind, several)


def main() -> int:
    arguments = _read_arguments()
    print(f"seed {arguments.seed}, loss {arguments.loss:.1%} of messages in each direction, {arguments.jobs} processes")
    began, honest_failures = time.monotonic(), 0
    with ProcessPoolExecutor(arguments.jobs) as pool:
        run: Callable[[Iterator[Batch]], list[Outcome]] = lambda work: [  # noqa: E731
            outcome for part in pool.map(Batch.run, work) for outcome in part
        ]
        for rule in [arguments.rule] if arguments.rule else RULES:
            weeks = arguments.weeks if rule == "ours" or arguments.rule else min(arguments.weeks, arguments.compare)
            honest_failures += _honest(rule, weeks, arguments, run)
            honest_failures += _thieves(rule, arguments, run)
    print(f"took {time.monotonic() - began:.0f} s")
    return 1 if honest_failures else 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulate", description=__doc__)
    parser.add_argument("--weeks", type=int, default=2000, help="honest user-weeks under our rule")
    parser.add_argument("--several", type=int, help="those of them with 2-5 tabs; half, where nothing is said")
    parser.add_argument("--compare", type=int, default=400, help="user-weeks under each of the other rules")
    parser.add_argument("--thieves", type=int, default=200, help="robbed weeks of each kind of thief and rule")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--loss", type=float, default=0.01)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rule", choices=RULES)
    return parser.parse_args()


def _honest(
    rule: Rule, weeks: int, arguments: argparse.Namespace, run: Callable[[Iterator[Batch]], list[Outcome]]
) -> int:
    """Prints the honest sign-outs; returns those that our own rule must not have."""
    failures = 0
    several_weeks = weeks // 2 if arguments.several is None else min(arguments.several, weeks)
    for several, name, count in ((False, "one tab", weeks - several_weeks), (True, "2-5 tabs", several_weeks)):
        outcomes = run(batches(rule, count, arguments, None, several))
        signed_out = sum(outcome.signed_out for outcome in outcomes)
        refreshes = sum(outcome.refreshes for outcome in outcomes)
        failures += signed_out
        print(
            f"{rule:>7}  honest, {name:<9} {len(outcomes):>7} user-weeks, {refreshes:>10} refreshes: "
            f"{1000 * signed_out / max(1, len(outcomes)):7.1f} sign-outs per 1,000 user-weeks",
            flush=True,
        )
    return failures if rule == "ours" else 0


def _thieves(rule: Rule, arguments: argparse.Namespace, run: Callable[[Iterator[Batch]], list[Outcome]]) -> int:
    """Prints how thieves fared; returns those that our own rule should have caught and did not."""
    uncaught = 0
    for kind in KINDS:
        stole = [outcome for outcome in run(batches(rule, arguments.thieves, arguments, kind, False)) if outcome.stole]
        uncaught += sum(outcome.uncaught for outcome in stole)
        held = sorted(outcome.held_on / MINUTE for outcome in stole) or [0.0]
        print(
            f"{rule:>7}  thief, {kind:<10} {len(stole):>7} served at least once, "
            f"{sum(outcome.caught for outcome in stole):>6} caught, {sum(o.uncaught for o in stole):>4} never caught "
            f"though the victim returned; held on for {statistics.median(held):.0f} min (median), "
            f"{held[int(0.99 * (len(held) - 1))]:.0f} min (p99)",
            flush=True,
        )
    return uncaught if rule == "ours" else 0


if __name__ == "__main__":
    raise SystemExit(main())
