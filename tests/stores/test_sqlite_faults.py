"""Disks that fill, fail and come back; files that are no databases. Nothing half done, nothing spent, no riddles."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from latchstring.core.rotation import RotationPath
from latchstring.errors import ConfigurationError, StoreUnavailable
from latchstring.ports import Statement
from latchstring.stores.sqlite import SQLiteEngine
from latchstring.testing.desk import Desk
from latchstring.testing.entropy import SeededEntropy
from tests.rows import NOW
from tests.stores.engines import Running, running, session_store

pytestmark = pytest.mark.anyio


@contextmanager
def files_may_not_grow_beyond(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, where we may mount one."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", tmp_path], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs privileges that are not here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


async def test_a_refresh_on_a_full_disk_spends_nothing_and_works_when_there_is_room(small_disk: Path) -> None:
    async with session_store(small_disk / "a.db") as (_, store):
        desk = Desk(store=store, entropy=SeededEntropy(6))
        token = await desk.sign_in(NOW)
        before = await store.session(token.session_id)
        filler = small_disk / "filler"
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(bytes(1 << 20))
        for _ in range(3):
            outcomes = await asyncio.gather(*(desk.present(token, NOW) for _ in range(5)), return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 5
            assert await store.session(token.session_id) == before
        filler.unlink()
        assert (await desk.present(token, NOW)).path is RotationPath.ROTATE


async def test_writes_that_fail_at_the_disk_keep_nothing_and_the_engine_recovers(tmp_path: Path) -> None:
    async with session_store(tmp_path / "a.db") as (_, store):
        desk = Desk(store=store, entropy=SeededEntropy(7))
        token = await desk.sign_in(NOW)
        before = await store.session(token.session_id)
        with files_may_not_grow_beyond((tmp_path / "a.db-wal").stat().st_size):
            for _ in range(3):
                outcomes = await asyncio.gather(*(desk.present(token, NOW) for _ in range(5)), return_exceptions=True)
                assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 5
                assert await store.session(token.session_id) == before
        assert (await desk.present(token, NOW)).path is RotationPath.ROTATE


async def test_a_database_at_its_greatest_size_is_unavailable_to_the_whole_batch(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db") as engine:
        await engine.write(Statement("CREATE TABLE things (content BLOB)"))
        insert = Statement("INSERT INTO things VALUES (:content)", {"content": bytes(100_000)})
        small = Statement("INSERT INTO things VALUES (:content)", {"content": b""})
        await engine.write(Statement("PRAGMA max_page_count = 8"))
        outcomes = await asyncio.gather(engine.write(small), engine.write(insert), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
        assert await engine.read(Statement("SELECT count(*) FROM things")) == [(0,)]
        await engine.write(insert)


async def test_in_memory_too(tmp_path: Path) -> None:
    async with running(":memory:") as engine:
        await engine.write(Statement("CREATE TABLE things (content BLOB)"))
        insert = Statement("INSERT INTO things VALUES (:content)", {"content": bytes(100_000)})
        [[(limit,)]] = await engine.write(Statement("PRAGMA max_page_count = 8"))
        with pytest.raises(StoreUnavailable):
            await engine.write(insert)
        await engine.write(Statement(f"PRAGMA max_page_count = {limit + 100}"))
        await engine.write(insert)


async def test_a_file_that_is_no_database_is_left_alone_and_said_so(tmp_path: Path) -> None:
    where = tmp_path / "notes.txt"
    where.write_text("These are my notes, and no database.\n" * 40)
    before = where.read_bytes()
    with pytest.raises(ConfigurationError, match=r"notes\.txt is no SQLite database, or is damaged") as caught:
        await SQLiteEngine(f"sqlite:///{where}").start()
    assert str(tmp_path) not in str(caught.value)
    assert where.read_bytes() == before


async def test_a_damaged_page_is_unavailable_and_not_a_wrong_answer(tmp_path: Path) -> None:
    where = tmp_path / "a.db"
    async with session_store(where) as (_, store):
        token = await Desk(store=store, entropy=SeededEntropy(8)).sign_in(NOW)
    with where.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(where.stat().st_size - 4096))
    async with running(where) as engine:
        for work in (engine.read, engine.write):
            with pytest.raises(StoreUnavailable):
                await work(Statement("SELECT * FROM latchstring_sessions WHERE id = :id", {"id": token.session_id}))


async def test_a_folder_in_the_place_of_the_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "a.db").mkdir()
    with pytest.raises(ConfigurationError, match=r"a\.db cannot be written"):
        await SQLiteEngine(f"sqlite:///{tmp_path}/a.db").start()


async def test_a_file_in_the_place_of_the_folder_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigurationError, match=r"a\.db cannot be made"):
        await SQLiteEngine(f"sqlite:///{tmp_path}/data/a.db").start()


_AS_NOBODY = """
import asyncio, os, sys
from latchstring.stores.sqlite import SQLiteEngine
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
async def start():
    await SQLiteEngine("sqlite:///" + sys.argv[1]).start()
try:
    asyncio.run(start())
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def locked_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody may write to, reached through folders that everybody may enter."""
    # Pytest's own, which are for their owner alone; a worker of several has one more of them.
    for parent in (tmp_path, *tmp_path.parents[:3]):
        if parent.name.startswith(("test_", "pytest-", "popen-")):
            parent.chmod(0o755)
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o555)
    yield folder
    folder.chmod(0o755)


@pytest.mark.parametrize(("is_there", "word"), [(True, "written"), (False, "made")])
def test_a_file_that_may_not_be_written_is_said_at_start(locked_folder: Path, is_there: bool, word: str) -> None:
    where = locked_folder / "a.db"
    if is_there:
        locked_folder.chmod(0o755)
        Running(where).close()
        where.chmod(0o444)
        locked_folder.chmod(0o555)
    process = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, where],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout.startswith(f"ConfigurationError The database a.db cannot be {word}"), process.stderr
