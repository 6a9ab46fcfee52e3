"""A streaming standby takes over from a primary that is killed. Nothing that was acknowledged is lost: it is
synchronous."""

import asyncio
import time
from collections.abc import Callable

from tests.backing.postgres import PostgresServer
from tests.faults.house import House


async def fail_over(house: House) -> None:
    primary = house.postgres
    assert primary is not None
    standby = await asyncio.to_thread(_standby_of, primary)
    house.bounds.trouble(*house.nodes)
    await asyncio.to_thread(primary.kill)
    await asyncio.to_thread(_promote, standby)
    for node in house.nodes:
        wire = node.wires["database"]
        wire.lead_to("127.0.0.1", standby.port)
        wire.reset()
    house.bounds.over(*house.nodes)
    house.postgres = standby
    house.ledger.done["failovers"] += 1
    await asyncio.to_thread(primary.close)


def _standby_of(primary: PostgresServer) -> PostgresServer:
    """Running, in step, and waited for by every commit."""
    standby = PostgresServer(
        durable=True,
        primary_conninfo=f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby",
        max_wal_senders="10",
    )
    primary.program(
        "pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres", "-D", str(standby.data),
        "-X", "stream", "-c", "fast", "-R", "--no-sync",
    )  # fmt: skip
    standby.start()
    primary.configure(synchronous_standby_names="standby")
    _until(lambda: primary.query("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1")
    return standby


def _promote(standby: PostgresServer) -> None:
    assert standby.query("SELECT pg_promote(true, 30)") == "t"
    standby.configure(synchronous_standby_names="")


def _until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the standby is not in step"
        time.sleep(0.05)
