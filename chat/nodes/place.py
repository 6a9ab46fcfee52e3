"""One of the nodes that there are to be: somebody serves here, or will again."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from typing import Any

from chat.listening import another
from chat.nodes.death import LASTING, End, decide_after_death
from chat.nodes.process import NodeProcess
from chat.nodes.renewal import Renewal

START_SECONDS = 3600.0
"""For a node to come to serve. Twice what a script of a migration has: whoever waits for the database ends by itself
before that, with a sentence. Nobody waits for it meanwhile, since it does not listen before it serves."""

Sockets = Sequence[socket.socket]

log = logging.getLogger("chat.nodes")


class Place:
    """`bound` are the addresses to listen on. `others_serve`: whether a node serves at another place.

    `keep` alone starts nodes, and says which one the place has; `renew` asks it for a new one.
    """

    def __init__(
        self, number: int, command: Sequence[str], bound: list[socket.socket], others_serve: Callable[[], bool]
    ) -> None:
        self._number = number
        self._command = command
        self._bound = bound
        self._others_serve = others_serve
        self._node: NodeProcess | None = None
        self._all: set[NodeProcess] = set()
        """Those that drain as well."""
        self._renewal = Renewal()
        self.served = asyncio.Event()

    @property
    def serves(self) -> bool:
        return self._node is not None and self._node.serves

    async def keep(self) -> int:
        """Starts a node, and another whenever one dies. Until it is cancelled, or everything has to end: then this
        returns the exit code."""
        in_a_row = 0
        while True:
            code, lasted = await self._live()
            in_a_row = 0 if lasted >= LASTING else in_a_row + 1
            verdict = decide_after_death(code, others_serve=self._others_serve(), in_a_row=in_a_row)
            if isinstance(verdict, End):
                return verdict.code
            log.warning("node %d ended (%s): another follows in %d s", self._number, _said(code), verdict.after)
            await asyncio.sleep(verdict.after)

    async def _live(self) -> tuple[int, float]:
        """A node, and those that take its place in renewals: the exit code of the last, and how long that one served.

        All of them accept on the same sockets, which end with the last. What waits there may have waited for long: who
        knows for how long a node hung before it was killed. Read by the next one, a refresh would look like a copy, and
        sign its owner out. So it is reset; and whoever connects before the next one listens gets another node.
        """
        with ExitStack() as held:
            # Whichever follows is a new one.
            held.callback(self._renewal.answer, is_new=True)
            try:
                sockets = [held.enter_context(each) for each in another(self._bound)]
                node = self._node = await self._start(sockets)
            except OSError as trouble:
                log.error("node %d cannot be started: %s", self._number, trouble.strerror)  # noqa: TRY400
                return 1, 0.0
            if not await self._comes_to_serve(node):
                return await self._end_of(node), 0.0
            self._say_that_it_serves()
            return await self._serve(node, sockets)

    def _say_that_it_serves(self) -> None:
        if self.served.is_set():
            log.info("node %d serves again", self._number)
        self.served.set()

    async def _start(self, sockets: Sockets) -> NodeProcess:
        """Raises OSError."""
        node = await NodeProcess.start(self._command, self._number, sockets)
        self._all.add(node)
        return node

    async def _comes_to_serve(self, node: NodeProcess) -> bool:
        try:
            async with asyncio.timeout(START_SECONDS):
                return await node.ready()
        except TimeoutError:
            log.error("node %d did not come to serve within %d s: killed", self._number, START_SECONDS)  # noqa: TRY400
            node.kill()
            return False

    async def _serve(self, node: NodeProcess, sockets: Sockets) -> tuple[int, float]:
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            ending = asyncio.create_task(self._end_of(node))
            try:
                new = await self._successor(ending, sockets)
            finally:
                ending.cancel()
            if new is None:
                return ending.result(), clock() - began
            node = self._node = new
            log.info("node %d is a new one, and the old one drains", self._number)
            self._renewal.answer(is_new=True)

    async def _successor(self, ending: asyncio.Task[int], sockets: Sockets) -> NodeProcess | None:
        """A new one that serves, once somebody has asked for it. None: the one whose end this is has ended before, and
        with it whichever was to take its place: that one would come to read what waits."""
        while await _unless(ending, self._renewal.asked()):
            try:
                new = await self._start(sockets)
            except OSError as trouble:
                log.error("no further node can be started: %s", trouble.strerror)  # noqa: TRY400
                self._renewal.answer(is_new=False)
                continue
            if await _unless(ending, self._comes_to_serve(new)):
                return new
            new.kill()
            await self._end_of(new)
            if ending.done():
                break
            log.error("node %d stays as it is: the one that was to take its place did not start", self._number)
            self._renewal.answer(is_new=False)
        return None

    async def renew(self) -> bool:
        """A new node takes the place of the one that serves, which drains then. False: the new one did not come to
        serve, and the old one stays."""
        old = self._node
        if old is None or not old.serves:
            return True  # whichever starts here is a new one
        if not await self._renewal.ask():
            return False
        await self._stop(old)
        return True

    async def stop(self) -> None:
        """Every node of this place drains and ends. Once `keep` was cancelled: nothing follows."""
        await asyncio.gather(*(self._stop(node) for node in self._all))

    async def _stop(self, node: NodeProcess) -> None:
        if not await node.stop():
            log.warning("node %d did not end in time, and was killed", self._number)
        self._let_go(node)

    async def _end_of(self, node: NodeProcess) -> int:
        code = await node.ended()
        self._let_go(node)
        return code

    def _let_go(self, node: NodeProcess) -> None:
        self._all.discard(node)
        node.close()

    def kill(self) -> None:
        for node in self._all:
            node.kill()


async def _unless(ending: asyncio.Task[int], doing: Coroutine[Any, Any, bool]) -> bool:
    """What it comes to; False where a node ends before that."""
    task = asyncio.create_task(doing)
    try:
        await asyncio.wait((ending, task), return_when=asyncio.FIRST_COMPLETED)
        return task.done() and task.result()
    finally:
        task.cancel()


def _said(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
