"""The servers themselves: what they are told, and that they are gone when they are to be."""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.backing.folders import AS_ROOT, new_folder
from tests.backing.postgres import PostgresServer
from tests.backing.process import HeldPort, answers, children_of, is_alive
from tests.backing.shared_memory import segment_of
from tests.backing.valkey import ValkeyServer
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

# As a test does which is killed: servers, started from a thread that has ended, and nobody left who stops them.
ABANDONS = """
import asyncio, os, signal
from tests.backing.postgres import PostgresServer
from tests.backing.valkey import ValkeyServer

postgres, valkey = PostgresServer(), ValkeyServer()

async def start():
    await asyncio.to_thread(postgres.make)
    await asyncio.to_thread(valkey.start)

asyncio.run(start())
valkey.pause()
line = (postgres.data / "postmaster.pid").read_text().splitlines()[6].split()[1]
print(postgres._process.pid, valkey._process.pid, line, postgres.folder, valkey.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One that these tests may stop and kill."""
    server = PostgresServer(durable=True, max_connections="20").make()
    yield server
    server.close()


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    server = ValkeyServer().start()
    yield server
    server.close()


def test_what_a_server_has_acknowledged_survives_the_death_of_all_its_processes(server: PostgresServer) -> None:
    assert server.query("SHOW fsync") == server.query("SHOW full_page_writes") == "on"
    name = server.create_database()
    server.query("CREATE TABLE things (name TEXT)", name)
    server.query("INSERT INTO things VALUES ('one')", name)
    master = int((server.data / "postmaster.pid").read_text().split()[0])
    family = [master, *children_of(master)]
    assert len(family) > 4
    server.kill()
    assert not any(map(is_alive, family))
    assert not answers(server.port)
    server.start()
    assert server.query("SELECT name FROM things", name) == "one"
    server.drop_database(name)


async def test_a_backend_in_the_middle_of_its_work_is_killed_too(server: PostgresServer) -> None:
    """Left alone it would finish, and commit what a standby that has taken over knows nothing of."""
    guest = await asyncpg.connect(server.url())
    backend = guest.get_server_pid()
    work = asyncio.create_task(guest.execute("DO 'BEGIN FOR i IN 1..2000000000 LOOP END LOOP; END'"))

    async def is_at_work() -> bool:
        asked = f"SELECT state = 'active' AND query LIKE 'DO%' FROM pg_stat_activity WHERE pid = {backend}"
        return await asyncio.to_thread(server.query, asked) == "t"

    await until(is_at_work)
    await asyncio.to_thread(server.kill)
    assert not is_alive(backend)
    with pytest.raises((asyncpg.PostgresConnectionError, OSError)):
        await work
    guest.terminate()
    await asyncio.to_thread(server.start)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_server_that_stops_comes_back_at_the_same_port(server: PostgresServer, mode: str) -> None:
    guest = await asyncpg.connect(server.url())
    await asyncio.to_thread(server.restart, mode)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)):
        await guest.fetchval("SELECT 1")
    guest.terminate()
    assert await asyncio.to_thread(server.query, "SELECT 1") == "1"


async def test_a_setting_reaches_those_who_are_connected_and_can_be_taken_back(server: PostgresServer) -> None:
    async with asyncpg.create_pool(server.url(), min_size=1, max_size=1) as pool:

        async def application() -> str:
            return str(await pool.fetchval("SELECT current_setting('log_line_prefix')"))

        usual = await application()
        await asyncio.to_thread(server.configure, log_line_prefix="it's %m ")

        async def is_told() -> bool:
            return await application() == "it's %m "

        await until(is_told)
        await asyncio.to_thread(server.configure, log_line_prefix="")

        async def is_as_before() -> bool:
            return await application() == usual

        await until(is_as_before)


def test_a_database_is_made_from_another(server: PostgresServer) -> None:
    first = server.create_database()
    server.query("CREATE TABLE things (name TEXT)", first)
    second = server.create_database("a name-with spaces", template=first)
    assert server.query("SELECT count(*) FROM things", second) == "0"
    for name in (first, second):
        server.drop_database(name)


def test_a_server_that_was_killed_leaves_no_shared_memory_and_no_folder() -> None:
    server = PostgresServer().make()
    # In its own folder, then, and not in /dev/shm, where other tests' servers come and go.
    assert server.query("SHOW dynamic_shared_memory_type") == "mmap"
    server.kill()
    segment = segment_of(server.data)
    assert segment is not None
    server.close()
    assert str(segment) not in segments()
    assert not server.folder.exists()


def segments() -> set[str]:
    return {line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines()}


async def test_servers_die_with_tests_that_are_killed_and_leave_nothing_behind() -> None:
    root = Path(__file__).parents[2]
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", ABANDONS], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    postgres, valkey, segment, *folders = done.stdout.split()
    await until(lambda: not is_alive(int(postgres)) and not is_alive(int(valkey)))
    assert segment not in segments()
    # Nobody could remove them but who comes next.
    new_folder("next").rmdir()
    assert not any(map(os.path.exists, folders))


def test_a_folder_stays_while_its_tests_live() -> None:
    mine = new_folder("mine")
    new_folder("next").rmdir()
    assert mine.exists()
    mine.rmdir()


def test_servers_are_run_by_nobody_where_we_are_root_and_else_by_ourselves(
    server: PostgresServer, valkey: ValkeyServer
) -> None:
    expected = pwd.getpwnam("nobody").pw_uid if AS_ROOT else os.geteuid()
    for each in (server, valkey):
        assert each._process is not None
        assert Path(f"/proc/{each._process.pid}").stat().st_uid == each.folder.stat().st_uid == expected


def test_a_server_that_cannot_start_says_why() -> None:
    server = PostgresServer(shared_buffers="nonsense")
    try:
        with pytest.raises(AssertionError, match="shared_buffers"):
            server.make()
    finally:
        server.close()


def test_valkey_comes_back_empty_at_the_same_port(valkey: ValkeyServer) -> None:
    assert valkey._ask(b"INCR thing") == b":1\r\n"
    valkey.restart()
    assert valkey._ask(b"INCR thing") == b":1\r\n"
    valkey.stop()
    assert not answers(valkey.port)


async def test_valkey_that_stands_still_accepts_and_answers_later(valkey: ValkeyServer) -> None:
    valkey.pause()
    asked = asyncio.create_task(asyncio.to_thread(valkey._ask, b"PING"))
    # The system accepts for it.
    assert answers(valkey.port)
    assert not asked.done()
    valkey.resume()
    assert await asked == b"+PONG\r\n"


def test_a_port_is_held_while_its_server_is_down() -> None:
    port = HeldPort()
    assert not answers(port.number)
    others = [HeldPort() for _ in range(50)]
    assert port.number not in {other.number for other in others}
    for each in (port, *others):
        each.release()
