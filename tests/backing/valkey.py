"""A Valkey of the tests' own, which keeps nothing."""

import shutil
import signal
import socket
import subprocess

from tests.backing.binaries import new_folder, valkey_program
from tests.backing.process import HeldPort, start, wait_until


class ValkeyServer:
    def __init__(self) -> None:
        self.folder = new_folder("valkey")
        self.log = self.folder / "log"
        self._port = HeldPort()
        self.port = self._port.number
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> "ValkeyServer":
        assert self._process is None or self._process.poll() is not None, "it is running"
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        program = [str(valkey_program()), *words, "--dir", str(self.folder), "--databases", "16"]
        self._process = start(program, self.log, signal.SIGKILL)
        wait_until(self._is_ready, self._process, self.log)
        return self

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.kill()
        self.start()

    def pause(self) -> None:
        """Its connections stay open, and nothing comes over them."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        assert self._ask(b"FLUSHALL") == b"+OK\r\n"

    def close(self) -> None:
        self._end(signal.SIGKILL)
        self._port.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(how)
            process.wait(30)

    def _is_ready(self) -> bool:
        try:
            return self._ask(b"PING") == b"+PONG\r\n"
        except ConnectionRefusedError:
            return False

    def _ask(self, command: bytes) -> bytes:
        """A command of one word, whose answer is one line."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line, line.makefile("rwb") as file:
            file.write(command + b"\r\n")
            file.flush()
            return file.readline()
