"""kill -9 while it rotates, over and over: what was acknowledged is there, and the user is never signed out."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from latchstring.core.rotation import RotationPath
from latchstring.testing.desk import Desk
from tests.stores.engines import Running
from tests.stores.rotates_until_killed import parse

KILLS = int(os.environ.get("KILLS", "60"))


def test_a_server_that_is_killed_has_kept_every_rotation_that_it_acknowledged(where: Path | str) -> None:
    dice = random.Random(9)
    last, rotations = "", 0
    with _server(where) as server:
        for _ in range(KILLS):
            said = _rotate_until_killed(server, last, dice.uniform(0, 0.05))
            rotations += len(said) - 1
            last = said[-1]
    assert rotations > KILLS
    _check_the_row(where, last)


@contextmanager
def _server(where: Path | str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.stores.rotates_until_killed", where],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        yield server
        _pipe(server.stdin).close()


def _rotate_until_killed(server: subprocess.Popen[str], last: str, seconds: float) -> list[str]:
    """What it acknowledged; its first word is the token that it began with."""
    _pipe(server.stdin).write(last + "\n")
    _pipe(server.stdin).flush()
    child = 0
    said: list[str] = []
    for line in _pipe(server.stdout):
        word, *rest = line.split()
        if word == "dead":
            assert int(rest[0]) == signal.SIGKILL, "it ended by itself: somebody was signed out"
            return said
        if word == "born":
            child = int(rest[0])
        else:
            said.append(line.strip())
        if child and len(said) == 1:
            time.sleep(seconds)  # Not to wait for anything: this is the moment at which it dies.
            os.kill(child, signal.SIGKILL)
            child = 0
    raise AssertionError("the server is gone")


def _check_the_row(where: Path | str, last: str) -> None:
    said_at, token = parse(last)
    running = Running(where)
    try:
        session = running.do(running.store.session(token.session_id))
        assert session is not None
        assert session.head_gen - token.generation in (0, 1)
        desk = Desk(store=running.store, entropy=os.urandom)
        answer = running.do(desk.present(token, said_at + 2 * desk.window + 2))
        assert answer.path in (RotationPath.ROTATE, RotationPath.RECOVER)
    finally:
        running.close()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
