"""`python -m bench.bystander PORT TOKEN SECONDS`: somebody else who asks, in a process of their own.

Twice: at once, and again when a line comes on stdin. Prints each time the milliseconds that the answers took, from when
each request was due, so that one that had to wait counts in full.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

import uvloop

from bench.http_client import connected, latencies, request

EACH_SECOND, CONNECTIONS = 200.0, 64


class Bystander:
    def __init__(self, tell: IO[str], said: IO[str]) -> None:
        self._tell, self._said = tell, said
        self.before: Sequence[float] = json.loads(said.readline())

    def ask_again(self) -> None:
        """Returns at once."""
        print(file=self._tell, flush=True)

    def meanwhile(self) -> Sequence[float]:
        return list(json.loads(self._said.readline()))


@contextmanager
def standing_by(port: int, token: str, seconds: float) -> Iterator[Bystander]:
    """From when they have asked for the first time."""
    words = [sys.executable, "-m", "bench.bystander", str(port), token, str(seconds)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Bystander(process.stdin, process.stdout)
        finally:
            process.kill()


async def _ask_twice(port: int, token: str, seconds: float) -> None:
    get = request("GET", "/backend/api/me", token=token)
    async with connected(port, CONNECTIONS) as clients:
        for _ in range(2):
            taken = await latencies(clients, get, each_second=EACH_SECOND, seconds=seconds, status=200)
            print(json.dumps(taken), flush=True)
            await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    uvloop.run(_ask_twice(int(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
