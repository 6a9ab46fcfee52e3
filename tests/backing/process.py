"""A server's process, which does not outlive the tests, however they end."""

import ctypes
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.backing.binaries import unprivileged

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(arguments: list[str], log: Path, last_wish: signal.Signals) -> "subprocess.Popen[bytes]":
    """`last_wish` is the signal that the system sends it when we are gone."""

    def die_with_us() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(last_wish))

    with log.open("ab") as out:
        # preexec_fn runs after the change of user, which would take the wish back.
        return subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=die_with_us, **unprivileged()
        )


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
