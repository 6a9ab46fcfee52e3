"""Three nodes, on one PostgreSQL (durable) and one Valkey, or on one SQLite file."""

import asyncio
import contextlib
import random
import tempfile
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.backing.postgres import PostgresServer
from tests.backing.process import HeldPort
from tests.backing.valkey import ValkeyServer
from tests.backing.wire import Wire
from tests.faults.bounds import Bounds
from tests.faults.disk import small_disk
from tests.faults.ledger import Ledger, Visit
from tests.faults.node import Node
from tests.faults.people import Talk
from tests.faults.tokens import Reader

Store = Literal["postgresql", "sqlite"]


@dataclass(frozen=True)
class Plan:
    """`window` and `straggler` are W and S of the rotation, seconds."""

    store: Store = "postgresql"
    seed: int = 1
    seconds: float = 40
    """At least: each fault happens once, however long that takes."""
    valkey: bool = True
    nodes: int = 3
    people: int = 6
    thieves: int = 2
    window: int = 10
    straggler: int = 30
    auth_token_seconds: int = 60
    together: float = 0.3
    """How many of the faults come two at a time."""
    faults: tuple[str, ...] = ()
    """Only these; none: all that there are."""


@dataclass
class House:
    plan: Plan
    folder: Path
    nodes: list[Node]
    reader: Reader
    postgres: PostgresServer | None = None
    valkey: ValkeyServer | None = None
    disk: Path | None = None
    """A small disk of PostgreSQL's own, which can be filled."""
    ledger: Ledger = field(default_factory=Ledger)
    talk: Talk = field(default_factory=Talk)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)
    is_closing: bool = False
    """Nothing new is said; what was said is sent until it is acknowledged."""
    is_over: bool = False

    def __post_init__(self) -> None:
        self.bounds = Bounds(self.ledger)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.nodes[0].port}"

    def any_node(self, dice: random.Random) -> Node:
        """As a balancer would: any that is not known to be down."""
        return dice.choice([node for node in self.nodes if node.is_wanted] or self.nodes)

    def close_postgres(self) -> None:
        """Whichever it is by now."""
        if self.postgres is not None:
            self.postgres.close()

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs while everything else goes on; what it raises is raised when all is over."""
        task = asyncio.create_task(work)
        self.tasks.append(task)

    def served(self, node: Node, visit: Visit, cut_since: float | None, at: float, what: str) -> None:
        self.bounds.served(node, visit, cut_since, at, "call", what)


@contextlib.asynccontextmanager
async def opened(plan: Plan) -> AsyncIterator[House]:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="latchstring-faults-")))
        secrets = folder / "keys.secrets"
        reader = Reader(secrets)
        postgres = valkey = disk = None
        if plan.store == "postgresql":
            disk = small_disk(stack)
            postgres = PostgresServer(durable=True, folder=disk and disk / "cluster")
            await asyncio.to_thread(postgres.make)
        if plan.valkey:
            valkey = ValkeyServer()
            stack.callback(valkey.close)
            await asyncio.to_thread(valkey.start)
        held = [HeldPort() for _ in range(plan.nodes)]
        for each in held:
            stack.callback(each.release)
        ports = [each.number for each in held]
        common = {
            "CHAT_SECRETS": str(secrets),
            "CHAT_DATABASE_URL": f"sqlite:///{folder / 'chat.db'}",
            "CHAT_BASE_URL": f"http://localhost:{ports[0]}",
            "CHAT_THROTTLE": "off",
            "CHAT_ROTATION_WINDOW_SECONDS": str(plan.window),
            "CHAT_STRAGGLER_SECONDS": str(plan.straggler),
            "CHAT_AUTH_TOKEN_SECONDS": str(plan.auth_token_seconds),
        }
        nodes = []
        for number, port in enumerate(ports):
            wires, own = {}, {}
            if postgres is not None:
                wires["database"] = await stack.enter_async_context(Wire("127.0.0.1", postgres.port))
                own["CHAT_DATABASE_URL"] = postgres.url(port=wires["database"].port)
            if valkey is not None:
                wires["valkey"] = await stack.enter_async_context(Wire("127.0.0.1", valkey.port))
                own["CHAT_REDIS_URL"] = f"redis://127.0.0.1:{wires['valkey'].port}/0"
            nodes.append(Node("abcdefgh"[number], port, folder, {**common, **own}, wires))
        house = House(plan, folder, nodes, reader, postgres, valkey, disk)
        stack.callback(house.close_postgres)
        for node in nodes:
            stack.callback(node.kill)
            node.start()
        await asyncio.gather(*(node.ready() for node in nodes))
        yield house
