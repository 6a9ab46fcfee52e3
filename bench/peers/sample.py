"""What one burst says of a server, and what many bursts say together."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.peers.load import Burst


@dataclass(frozen=True, slots=True)
class Sample:
    """Of one burst: answers a second; milliseconds; the server's computing time in microseconds an answer; and how much
    of a core the server, wrk, PostgreSQL, the servers that nobody asked and everybody else had meanwhile."""

    rate: float
    p50: float
    p99: float
    cpu: float
    server: float
    wrk: float
    database: float
    idle: float
    strangers: float
    answers: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One call at one number of connections, round by round."""

    kind: str
    said: str
    connections: int
    samples: Sequence[Sample]

    def values(self, name: str) -> list[float]:
        return [getattr(sample, name) for sample in self.samples]

    def median(self, name: str) -> float:
        return statistics.median(self.values(name))

    @property
    def spread(self) -> float:
        """Of the rate: from the least to the most, as a share of the median."""
        rates = self.values("rate")
        return (max(rates) - min(rates)) / statistics.median(rates)

    def as_json(self) -> Mapping[str, object]:
        samples = [{name: _finite(value) for name, value in asdict(sample).items()} for sample in self.samples]
        return {**asdict(self), "samples": samples}


@dataclass(frozen=True, slots=True)
class Computed:
    """Seconds of computing since the machine started, of those who share it."""

    server: float
    database: float
    idle: float
    everybody: float


def sample(burst: Burst, before: Computed, after: Computed) -> Sample:
    server = after.server - before.server
    database, idle = after.database - before.database, after.idle - before.idle
    strangers = after.everybody - before.everybody - server - database - idle - burst.computing
    return Sample(
        rate=burst.per_second,
        p50=burst.p50,
        p99=burst.p99,
        cpu=1e6 * server / burst.answers,
        server=server / burst.seconds,
        wrk=burst.computing / burst.seconds,
        database=database / burst.seconds,
        idle=idle / burst.seconds,
        strangers=strangers / burst.seconds,
        answers=burst.answers,
    )


def cell_from_json(found: Mapping[str, object]) -> Cell:
    samples = found["samples"]
    assert isinstance(samples, list)
    return Cell(
        kind=str(found["kind"]),
        said=str(found["said"]),
        connections=int(str(found["connections"])),
        samples=[_sample_from_json(each) for each in samples],
    )


def _sample_from_json(found: Mapping[str, Any]) -> Sample:
    numbers: dict[str, Any] = {name: math.nan if value is None else value for name, value in found.items()}
    return Sample(**numbers)


def _finite(value: float) -> float | None:
    """JSON knows no number that is none."""
    return round(value, 4) if math.isfinite(value) else None
