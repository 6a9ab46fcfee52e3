"""A server's process, which does not outlive the tests, however they end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.backing import last_wish
from tests.backing.folders import unprivileged

# What the system calls a parent is a thread. This one lives as long as we do; that of `asyncio.to_thread` ends with its
# loop, and servers that it started ended with it.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starts-servers")


def free_port() -> int:
    """Nobody's at this moment. Another process may take it in the next: see HeldPort."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class HeldPort:
    """A port that is a server's also while it is down: nobody else is given it, and connections are refused.

    The server itself can listen there, since it sets SO_REUSEADDR, as every server does.
    """

    def __init__(self) -> None:
        with socket.socket() as holder:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", 0))
            self.number = int(holder.getsockname()[1])
            self._descriptor: int | None = holder.detach()

    def release(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def start(arguments: list[str], log: Path, last_wish_signal: signal.Signals) -> "subprocess.Popen[bytes]":
    """As nobody, where we are root, and in the folder of its log. The signal is what the system sends it when we are
    gone."""
    who = unprivileged()
    words = [os.getpid(), int(last_wish_signal), who.get("user", -1), who.get("group", -1)]
    program = [sys.executable, "-I", "-S", str(last_wish.__file__), *map(str, words), *arguments]

    def begin() -> "subprocess.Popen[bytes]":
        with log.open("ab") as out:
            return subprocess.Popen(program, cwd=log.parent, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    process = _starter.submit(begin).result()
    process.args = arguments
    return process


def wait_until(
    is_ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path, seconds: float = 30
) -> None:
    """Raises AssertionError with what the server wrote, where it ends or is not ready in time."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"{process.args!r} did not get ready:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def children_of(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def state_of(process: int) -> str | None:
    """A letter, as ps says it: T stopped, Z ended and not buried. None where there is no such process."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_alive(process: int) -> bool:
    return state_of(process) not in (None, "Z", "X")
