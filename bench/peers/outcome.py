"""Everything that a run has found, as it is kept in JSON, and what was wanted of it."""

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.peers.sample import Cell, cell_from_json
from bench.report import Goal, percentile, ratios

OURS, PGBENCH = "Latchstring", "pgbench, the bare UPDATE"
CONNECTIONS = (16, 64)
STORM, STORM_LOGIN = "storm", "storm-login"
QUIET = 0.15
"""Of a core."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`memory` is MiB by server; `machine` and `notes` are lines for people."""

    machine: Sequence[str]
    cells: Sequence[Cell]
    memory: Mapping[str, float]
    notes: Sequence[str]

    def strangers(self) -> list[float]:
        """How much of a core everybody else on the machine had, burst by burst."""
        found = (each.strangers for cell in self.cells for each in cell.samples)
        return sorted(each for each in found if math.isfinite(each))

    def is_quiet(self) -> bool:
        """Whether the figures are of the servers, and not of who else was there: in nine bursts of ten."""
        strangers = self.strangers()
        return bool(strangers) and percentile(strangers, 0.9) <= QUIET

    def cell(self, kind: str, said: str, connections: int) -> Cell | None:
        found = (each for each in self.cells if (each.kind, each.said, each.connections) == (kind, said, connections))
        return next(found, None)

    def said(self, kind: str) -> list[str]:
        """Who was asked, in the order of the run."""
        return list(dict.fromkeys(cell.said for cell in self.cells if cell.kind == kind))


def write(outcome: Outcome, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [cell.as_json() for cell in outcome.cells]
    found = {"machine": outcome.machine, "notes": outcome.notes, "memory_mib": outcome.memory, "cells": cells}
    path.write_text(json.dumps(found, indent=1) + "\n")


def read(path: Path) -> Outcome:
    found = json.loads(path.read_text())
    cells = [cell_from_json(each) for each in found["cells"]]
    return Outcome(found["machine"], cells, found["memory_mib"], found["notes"])


def goals(outcome: Outcome) -> list[Goal]:
    """Those whose both sides were measured. The worse of both numbers of connections counts, where none is named."""
    writers = [said for said in outcome.said("refresh") if said not in (OURS, PGBENCH)]
    wanted = [
        _times(outcome, "get", ["fastapi-users, JWT"], "authenticated GET ÷ fastapi-users", 20),
        _times(
            outcome, "get", ["simplejwt, without the user's row"], "authenticated GET ÷ simplejwt without its row", 5
        ),
        _times(outcome, "refresh", ["fastapi-users, database"], "refresh ÷ fastapi-users with its database", 12),
        _times(outcome, "refresh", writers, "refresh ÷ the fastest peer that writes", 10),
        _times(outcome, "refresh", [PGBENCH], "refresh ÷ pgbench, 16 connections", 0.6, (16,)),
        _times(outcome, "refresh", [PGBENCH], "refresh ÷ pgbench, 64 connections", 0.9, (64,)),
        _times(outcome, "login", ["better-auth"], "logins ÷ better-auth with its Rust argon2id", 1),
        _storm(outcome),
    ]
    return [goal for goal in wanted if goal is not None]


def times(outcome: Outcome, kind: str, said: str, connections: int, name: str = "rate") -> float | None:
    """What is ours ÷ theirs, round by round, and of that the median; None where one was not measured."""
    ours, theirs = (outcome.cell(kind, each, connections) for each in (OURS, said))
    if ours is None or theirs is None:
        return None
    return statistics.median(ratios(ours.values(name), theirs.values(name)))


def _times(
    outcome: Outcome,
    kind: str,
    peers: Sequence[str],
    what: str,
    wanted: float,
    connections: Sequence[int] = CONNECTIONS,
) -> Goal | None:
    found = [times(outcome, kind, peer, count) for peer in peers for count in connections]
    measured = [each for each in found if each is not None]
    return Goal(what, wanted, min(measured)) if measured else None


def _storm(outcome: Outcome) -> Goal | None:
    got = times(outcome, STORM, "fastapi-users, JWT", 16, "p99")
    what = "p99 of authenticated GETs while logins never stop ÷ fastapi-users'"
    return None if got is None else Goal(what, 1 / 15, got, at_most=True)
