"""One node: a real `python -m chat serve`, on a clock of its own, with its own wires to what it needs."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.backing.wire import Wire
from tests.faults.asking import NoAnswer, ask

ROOT = Path(__file__).parents[2]
READY_WITHIN = 150.0
"""Seconds: longer than another fault has it stand still for long."""
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Node:
    """`database` and `valkey` are this node's wires; `cut_since` says since when (ledger time) no word can have come
    from its database."""

    def __init__(
        self, name: str, port: int, folder: Path, environment: Mapping[str, str], wires: Mapping[str, Wire]
    ) -> None:
        self.name = name
        self.port = port
        self.wires = wires
        self.log = folder / f"{name}.log"
        self.cut_since: float | None = None
        self.is_wanted = False
        """Nobody holds it down."""
        self._clock = folder / f"{name}.clock"
        self._folder = folder
        self._environment = {**environment, "CHAT_PORT": str(port)}
        self._process: subprocess.Popen[bytes] | None = None
        self.set_clock(0)

    def set_clock(self, off: int) -> None:
        """Milliseconds that its clock is ahead."""
        half = self._clock.with_suffix(".half")
        half.write_text(str(off))
        half.rename(self._clock)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Unless it runs: two faults may have had the same node."""
        self.is_wanted = True
        if self.is_running:
            return
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
        path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        script = str(Path(__file__).with_name("set_clock.py"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, script, str(self._clock), "serve"],
                cwd=self._folder,
                env={**inherited, "PYTHONPATH": path, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_us,
            )

    async def ready(self, within: float = READY_WITHIN) -> None:
        """Returns when it serves. What could not start, because the database was away, is started again, as an
        operator's supervisor does. Fails where it takes longer."""
        try:
            async with asyncio.timeout(within):
                while not await self._serves():
                    if not self.is_running:
                        self.start()
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{self.name} does not serve:\n{self.written()[-3000:]}") from None

    async def _serves(self) -> bool:
        try:
            return (await ask(self.port, "GET", "/healthz", patience=2)).status == 200
        except NoAnswer:
            return False

    def kill(self) -> None:
        """kill -9: nothing is finished, nothing is said."""
        self.is_wanted = False
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def stop(self) -> None:
        """As an operator does: SIGTERM."""
        self.is_wanted = False
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(self._process.wait)

    def pause(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def written(self) -> str:
        return self.log.read_text(errors="replace")


def _die_with_us() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
