"""Real server processes, started as an operator starts them, on free ports and in folders of their own."""

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.faults.asking import NoAnswer, ask
from tests.stories.ledger import Ledger
from tests.stories.middleman import Middleman
from tests.stories.waiting import until

ROOT = Path(__file__).parents[2]
WEB_TIER_KEY = "a-key-that-both-tiers-of-a-split-house-know"
READY_WITHIN = 60.0


class Server:
    """One `python -m chat …`. What it writes is kept in a file, over every restart."""

    def __init__(self, name: str, arguments: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.port = int(environment["CHAT_PORT"])
        self.log = folder / f"{name}.log"
        self._arguments = arguments
        self._folder = folder
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._spawn()
        await until(self._is_ready, READY_WITHIN)

    def _spawn(self) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
        path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "chat", *self._arguments],
                cwd=self._folder,
                env={**inherited, "PYTHONPATH": path, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def another(self, *command: str, **changes: str) -> "Server":
        """A second one with the same settings but these, or another command with them."""
        name = f"{self.log.stem}-and-another-{len(list(self._folder.iterdir()))}"
        return Server(name, list(command) or self._arguments, self._folder, {**self._environment, **changes})

    async def fails_to_start(self) -> int:
        """Its exit code. Fails where it runs on."""
        return await self.runs()

    async def runs(self) -> int:
        """The exit code of a command that comes to its end."""
        self._spawn()
        return await self._ended(READY_WITHIN)

    async def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"The server stopped at its start:\n{self.written()}")
        try:
            # Asked fifty times a second: a client of httpx2 would read the certificates of the whole world each time.
            return (await ask(self.port, "GET", "/healthz", patience=5)).status == 200
        except NoAnswer:
            return False

    def kill(self) -> None:
        """SIGKILL, at once: nothing is finished, nothing is said."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    async def terminate(self, within: float = 10.0) -> int:
        """SIGTERM; its exit code. Fails where it takes longer."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return await self._ended(within)

    async def _ended(self, within: float) -> int:
        process = self._process
        assert process is not None
        try:
            await until(lambda: process.poll() is not None, within)
        except TimeoutError:
            self.kill()
            raise
        return process.returncode

    async def restart(self) -> None:
        await self.terminate()
        await self.start()

    def written(self) -> str:
        """All that it wrote, stdout and stderr alike."""
        return self.log.read_text(errors="replace")

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()


@dataclass(frozen=True)
class House:
    """A chat that can be visited: the pages at `url`, the API tier at `api`."""

    url: str
    api: str
    socket: str
    servers: list[Server]
    ledger: Ledger
    browser_leg: Middleman | None = field(default=None)
    inner_leg: Middleman | None = field(default=None)

    @property
    def front(self) -> Server:
        return self.servers[-1]

    @property
    def front_url(self) -> str:
        """The pages' server itself, past whoever is on the line."""
        return f"http://127.0.0.1:{self.front.port}"

    @property
    def back(self) -> Server:
        """The one that holds the database."""
        return self.servers[0]

    def written(self) -> str:
        return "".join(server.written() for server in self.servers)


@asynccontextmanager
async def open_house(
    folder: Path,
    *,
    database_url: str | None = None,
    split: bool = False,
    browser_leg: bool = False,
    inner_leg: bool = False,
    **settings: str,
) -> AsyncIterator[House]:
    """`browser_leg` and `inner_leg` put somebody on the line between browser and web tier, or web tier and API tier.

    The database is a SQLite file in the house's folder, unless there is another."""
    async with Legs() as legs:
        front, back = free_port(), free_port()
        between = await legs.add(front) if browser_leg else None
        inner = await legs.add(back) if inner_leg else None
        url = f"http://localhost:{between.port if between else front}"
        common = {"CHAT_BASE_URL": url, "CHAT_SECRETS": str(folder / "keys.secrets"), **settings}
        database_url = database_url or f"sqlite:///{folder / 'chat.db'}"
        database = {"CHAT_DATABASE_URL": database_url}
        if split:
            api = f"http://127.0.0.1:{back}"
            keyed = {**common, "CHAT_WEB_TIER_KEY": WEB_TIER_KEY}
            servers = [
                Server(
                    "api",
                    ["serve-api"],
                    folder,
                    {**keyed, **database, "CHAT_PORT": str(back), "CHAT_ALLOWED_ORIGINS": url},
                ),
                Server(
                    "web",
                    ["serve-web"],
                    folder,
                    {
                        **keyed,
                        "CHAT_PORT": str(front),
                        "CHAT_SECRETS": str(folder / "web.secrets"),
                        "CHAT_API_URL": inner.url if inner else api,
                        "CHAT_SOCKET_URL": f"ws://127.0.0.1:{back}/socket",
                    },
                ),
            ]
        else:
            api = f"http://127.0.0.1:{front}/backend"
            servers = [Server("serve", ["serve"], folder, {**common, **database, "CHAT_PORT": str(front)})]
        try:
            for server in servers:
                await server.start()
            ledger = Ledger(database_url, folder / "keys.secrets", folder / ("web" if split else "keys"))
            yield House(url, api, f"{api.replace('http', 'ws', 1)}/socket/websocket", servers, ledger, between, inner)
        finally:
            for server in reversed(servers):
                server.close()


class Legs:
    def __init__(self) -> None:
        self._middlemen: list[Middleman] = []

    async def __aenter__(self) -> "Legs":
        return self

    async def add(self, upstream: int) -> Middleman:
        middleman = Middleman(upstream)
        await middleman.open()
        self._middlemen.append(middleman)
        return middleman

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for middleman in self._middlemen:
            await middleman.close()


def free_port() -> int:
    """Below the range that the system hands out for connections, so that nobody has it by chance in between."""
    for _ in range(100):
        port = random.randint(18_000, 31_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no free port")
