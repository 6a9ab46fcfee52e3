"""`python -m chat … --nodes N` as an operator runs it, and the processes that it is."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from tests.chat.process import running
from tests.live.node import until


class Several:
    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.url = url
        self.port = int(url.rsplit(":", 1)[1])

    def nodes(self) -> dict[int, list[int]]:
        """The processes at each place: one, and in a renewal two."""
        found: dict[int, list[int]] = {}
        for pid in _children(self.process.pid):
            words = _words(pid)
            if "--node" in words:
                found.setdefault(int(words[words.index("--node") + 1]), []).append(pid)
        return found

    def node(self, number: int) -> int:
        [pid] = self.nodes()[number]
        return pid

    async def says(self, beginning: str) -> dict[str, Any]:
        """The next line of the log that begins so; what comes before it is dropped."""
        assert self.process.stdout is not None
        while True:
            line = json.loads(await anyio.to_thread.run_sync(self.process.stdout.readline))
            if str(line["event"]).startswith(beginning):
                return dict(line)

    async def end(self) -> int:
        """Its exit code, once it ended by itself or was told to."""
        return await anyio.to_thread.run_sync(self.process.wait)


@asynccontextmanager
async def several(*arguments: str, folder: Path, nodes: int, **environment: str) -> AsyncIterator[Several]:
    async with (
        asyncio.timeout(120),
        running(*arguments, "--nodes", str(nodes), folder=folder, **environment) as running_,
    ):
        house = Several(*running_)
        pids = _children(house.process.pid)
        try:
            yield house
        finally:
            pids += _children(house.process.pid)
            house.process.kill()
            # They see that they were left alone, whatever the test did to them.
            await until(lambda: not any(map(is_alive, pids)))


def is_alive(pid: int) -> bool:
    """A process that has ended and was not asked for its exit code yet is no more."""
    return _state(pid) not in ("", "Z")


def sockets_of(pid: int) -> int:
    """How many a process holds."""
    folder = Path(f"/proc/{pid}/fd")
    return sum(os.readlink(each).startswith("socket:") for each in folder.iterdir())


def _children(parent: int) -> list[int]:
    pids = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]
    return [pid for pid in pids if _stat(pid)[1:2] == [str(parent)]]


def _stat(pid: int) -> list[str]:
    """From the state on; nothing where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _state(pid: int) -> str:
    return "".join(_stat(pid)[:1])


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
