"""Bursts of load by `wrk`: one thread, on the core that no server under measure runs on."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from bench.machine import pinned

SCRIPTS = Path(__file__).parent / "wrk"
PATIENCE = 30
"""Seconds that an answer may take, so that a slow one is a latency and not an error."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What wrk says of one burst. Times are milliseconds; `computing` is wrk's own, in seconds."""

    answers: int
    seconds: float
    p50: float
    p99: float
    computing: float

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


class Load:
    """wrk while it runs."""

    def __init__(
        self,
        script: str,
        arguments: Sequence[str],
        *,
        port: int,
        connections: int,
        seconds: int,
        cores: Set[int],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={PATIENCE}s", "-s", script]
        address = f"http://127.0.0.1:{port}/"
        with pinned(cores):
            self._process = subprocess.Popen(
                [*command, address, "--", *arguments],
                cwd=SCRIPTS,
                env={**os.environ, **(environment or {})},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def burst(self) -> Burst:
        """Waits for its end. Raises RuntimeError for an answer that was not the one to be measured."""
        assert self._process.stdout is not None
        with self._process.stdout as out:
            said = out.read()
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode != 0:
            raise RuntimeError(f"wrk failed:\n{said}")
        return read_burst(said, used.ru_utime + used.ru_stime)


def read_burst(said: str, computing: float = 0.0) -> Burst:
    """From the line of JSON in what wrk said. Raises RuntimeError where an answer was none, or another than wanted."""
    lines = [line for line in said.splitlines() if line.startswith('{"answers"')]
    if len(lines) != 1:
        raise RuntimeError(f"wrk said no result:\n{said}")
    found = json.loads(lines[0])
    if found["bad"] or found["broken"] or not found["answers"]:
        raise RuntimeError(f"answers were refusals, or none: {lines[0]}\n{said}")
    return Burst(found["answers"], found["seconds"], found["p50"], found["p99"], computing)
