"""A node ends with the process that started it, however that ended."""

import os
import signal
import socket

import pytest

from chat.nodes import line as module
from chat.nodes.line import Line
from tests.stories.waiting import until

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("was_read", [True, False], ids=["it had read all", "it had not read that the node serves"])
async def test_a_node_is_told_to_stop_and_then_killed_when_the_one_that_started_it_is_gone(
    was_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[int, signal.Signals]] = []
    monkeypatch.setattr(module, "STOP_SECONDS", 0.0)
    monkeypatch.setattr(os, "kill", lambda pid, what: sent.append((pid, what)))
    theirs, ours = socket.socketpair()
    line = Line(ours.detach())
    line.say_that_it_serves()
    line.end_with_it()
    if was_read:
        assert theirs.recv(1) == b"s"
    theirs.close()
    own = os.getpid()
    await until(lambda: sent == [(own, signal.SIGTERM), (own, signal.SIGKILL)])
    line._socket.close()
