"""Between a node and the process that started it: a socket pair. The node says one byte, when it serves; and the end of
the line is the end of whoever holds the other end."""

import os
import signal
import socket
import threading
import time
from contextlib import suppress

STOP_SECONDS = 9.0
"""For a node that was told to stop: its own bounds end it before that, and all of it within the 10 s of an operator."""

SERVES = b"s"


class Line:
    """The node's end."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.set_inheritable(False)

    def say_that_it_serves(self) -> None:
        try:
            self._socket.send(SERVES)
        except OSError:
            # Nobody is there any more: `end_with_it` has seen that as well.
            return

    def end_with_it(self) -> None:
        """From here on this process drains and ends when the other one is gone, however that ended: kill -9 tells
        nobody, and a node that nobody starts again or stops must not hold the port."""
        threading.Thread(target=self._wait_for_its_end, name="supervisor", daemon=True).start()

    def _wait_for_its_end(self) -> None:
        # It never says anything. Where it ended before it had read what was said to it, the line is reset.
        with suppress(ConnectionResetError):
            self._socket.recv(1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)
