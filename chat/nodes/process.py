"""One node, as the process that started it sees it."""

import asyncio
import signal
import socket
from collections.abc import Sequence

from chat.nodes.line import STOP_SECONDS


class NodeProcess:
    """A process that inherits the sockets it accepts on, and its end of the line."""

    def __init__(self, process: asyncio.subprocess.Process, line: socket.socket) -> None:
        self._process = process
        self._line = line
        self.serves = False

    @classmethod
    async def start(cls, command: Sequence[str], number: int, sockets: Sequence[socket.socket]) -> "NodeProcess":
        """A whole new interpreter, so that it runs the code that is there now. Raises OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            inherited = [theirs.fileno(), *(each.fileno() for each in sockets)]
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    *("--node", str(number), "--inherits", ",".join(map(str, inherited))),
                    stdin=asyncio.subprocess.DEVNULL,
                    pass_fds=inherited,
                    # A Ctrl+C is for whoever started the nodes alone, who then tells each of them.
                    process_group=0,
                )
            except BaseException:
                ours.close()
                raise
        ours.setblocking(False)
        return cls(process, ours)

    async def ready(self) -> bool:
        """Returns when it serves, or has ended before it did."""
        self.serves = bool(await asyncio.get_running_loop().sock_recv(self._line, 1))
        return self.serves

    async def ended(self) -> int:
        """Its exit code, or the negative number of the signal that killed it."""
        code = await self._process.wait()
        self.serves = False
        return code

    async def stop(self) -> bool:
        """It drains and ends. False where it had to be killed."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.ended()
        except TimeoutError:
            self.kill()
            await self.ended()
            return False
        return True

    def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()

    def close(self) -> None:
        """Once it has ended."""
        self._line.close()
