"""A place of several nodes, on processes that are as slow, as deaf and as dead as a test needs them."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from chat.listening import share
from chat.nodes import place as module
from chat.nodes import process
from chat.nodes.place import Place
from chat.nodes.process import NodeProcess
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio

NODE = """
import pathlib, signal, socket, sys, time
line, listening, *_ = (socket.socket(fileno=int(each)) for each in sys.argv[-1].split(","))
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.01)
listening.listen()
line.send(b"s")
while True:
    one, _ = listening.accept()
    one.sendall(one.recv(100))
    one.close()
"""
"""It comes to serve as soon as its gate is open, says again what it is told, and drains until it is killed."""


class Town:
    def __init__(self, place: Place, bound: socket.socket, gate: Path) -> None:
        self.place = place
        self.address = bound.getsockname()
        self.gate = gate

    @property
    def node(self) -> NodeProcess:
        assert self.place._node is not None
        return self.place._node

    def living(self) -> list[NodeProcess]:
        return [node for node in self.place._all if node._process.returncode is None]

    async def starts_another_than(self, *nodes: NodeProcess) -> NodeProcess:
        await until(lambda: set(self.living()) - set(nodes))
        [new] = set(self.living()) - set(nodes)
        return new

    async def answers(self) -> bool:
        said, hears = await self.connects()
        try:
            hears.write(b"hello")
            return await said.read() == b"hello"
        finally:
            hears.close()

    async def connects(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self.address)


@pytest.fixture
async def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    monkeypatch.setattr(process, "STOP_SECONDS", 3600.0)
    # Whoever dies is followed at once.
    monkeypatch.setattr(module, "LASTING", 0.0)
    gate = tmp_path / "gate"
    gate.touch()
    with socket.create_server(("127.0.0.1", 0)) as port:
        address = port.getsockname()
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        share([bound])
        place = Place(1, [sys.executable, "-c", NODE, str(gate)], [bound], lambda: True)
        keeping = asyncio.create_task(place.keep())
        await place.served.wait()
        yield Town(place, bound, gate)
        keeping.cancel()
        await asyncio.wait((keeping,))
        place.kill()
        await place.stop()


def send(node: NodeProcess, what: signal.Signals) -> None:
    os.kill(node._process.pid, what)


async def test_what_waited_for_a_node_that_hung_and_was_killed_is_read_by_nobody(town: Town) -> None:
    hung = town.node
    send(hung, signal.SIGSTOP)
    said, hears = await town.connects()
    hears.write(b"a refresh")
    await hears.drain()
    send(hung, signal.SIGKILL)
    await until(lambda: town.node is not hung and town.place.serves)
    with pytest.raises(ConnectionResetError):
        await said.read()
    hears.close()
    assert await town.answers()


async def test_nobody_waits_for_a_node_that_has_not_come_to_serve_yet(town: Town) -> None:
    town.gate.unlink()
    dead = town.node
    send(dead, signal.SIGKILL)
    await town.starts_another_than(dead)
    with pytest.raises(ConnectionRefusedError):
        await town.connects()
    town.gate.touch()
    await until(lambda: town.place.serves)
    assert await town.answers()


async def test_nobody_is_refused_in_a_renewal(town: Town) -> None:
    old = town.node
    town.gate.unlink()
    renewing = asyncio.create_task(town.place.renew())
    await town.starts_another_than(old)
    assert await town.answers()
    town.gate.touch()
    await until(lambda: town.node is not old)
    old.kill()
    assert await asyncio.wait_for(renewing, 20) is True
    assert await town.answers()


async def test_a_new_node_that_dies_while_the_old_one_drains_is_followed_without_waiting_for_that(town: Town) -> None:
    old = town.node
    renewing = asyncio.create_task(town.place.renew())
    await until(lambda: town.node is not old)
    new = town.node
    send(new, signal.SIGKILL)
    await until(lambda: town.node not in (old, new) and town.place.serves)
    assert old._process.returncode is None
    assert not new.serves
    old.kill()
    assert await asyncio.wait_for(renewing, 20) is True
    assert town.place.serves


async def test_where_a_node_dies_whose_place_a_new_one_is_about_to_take_one_alone_follows(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, start = town.node, NodeProcess.start
    may_start = asyncio.Event()

    async def when_it_may(command: Sequence[str], number: int, sockets: Sequence[socket.socket]) -> NodeProcess:
        await may_start.wait()
        return await start(command, number, sockets)

    town.gate.unlink()
    renewing = asyncio.create_task(town.place.renew())
    new = await town.starts_another_than(old)
    monkeypatch.setattr(NodeProcess, "start", when_it_may)
    send(old, signal.SIGKILL)
    await until(lambda: old not in town.living())
    town.gate.touch()
    assert await asyncio.wait_for(renewing, 20) is True
    may_start.set()
    await until(lambda: town.node not in (old, new) and town.place.serves)
    await until(lambda: town.living() == [town.node])
    assert [node._line.fileno() for node in (old, new)] == [-1, -1]


async def test_a_renewal_that_a_death_came_before_leaves_nothing_to_be_renewed(town: Town) -> None:
    old = town.node
    town.gate.unlink()
    renewing = asyncio.create_task(town.place.renew())
    new = await town.starts_another_than(old)
    send(old, signal.SIGKILL)
    assert await asyncio.wait_for(renewing, 20) is True
    town.gate.touch()
    await until(lambda: town.node not in (old, new) and town.place.serves)
    follower = town.node
    assert await town.answers()
    assert (town.node, town.living()) == (follower, [follower])


async def test_a_node_that_never_comes_to_serve_is_killed_and_another_follows(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "START_SECONDS", 0.2)
    town.gate.unlink()
    dead = town.node
    send(dead, signal.SIGKILL)
    hangs = await town.starts_another_than(dead)
    await until(lambda: hangs._process.returncode == -signal.SIGKILL)
    assert "node 1 did not come to serve within 0 s: killed" in caplog.messages
    monkeypatch.undo()
    town.gate.touch()
    await until(lambda: town.place.serves)


async def test_a_new_node_that_never_comes_to_serve_ends_the_renewal_and_not_the_next(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = town.node
    town.gate.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(module, "START_SECONDS", 0.2)
        async with asyncio.timeout(20):
            assert await town.place.renew() is False
    assert (town.node, town.living()) == (old, [old])
    assert await town.answers()
    town.gate.touch()
    renewing = asyncio.create_task(town.place.renew())
    await until(lambda: town.node is not old and town.place.serves)
    old.kill()
    assert await asyncio.wait_for(renewing, 20) is True
