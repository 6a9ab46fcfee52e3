"""One of the nodes that there are to be: somebody serves here, or will again."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Sequence

from chat.listening import another
from chat.nodes.death import LASTING, End, decide_after_death
from chat.nodes.process import NodeProcess

QUEUE_SECONDS = 1.0
"""Whoever connects to a node that has died waits in its queue for the one that follows. Where that takes longer, the
queue is given up: all others get another node, and a refresh that waited would come late enough to look like a copy."""

log = logging.getLogger("chat.nodes")


class Place:
    """`bound` are the addresses to listen on. `others_serve`: whether a node serves at another place."""

    def __init__(
        self, number: int, command: Sequence[str], bound: list[socket.socket], others_serve: Callable[[], bool]
    ) -> None:
        self._number = number
        self._command = command
        self._bound = bound
        self._others_serve = others_serve
        self._sockets: list[socket.socket] = []
        self._node: NodeProcess | None = None
        self._all: set[NodeProcess] = set()
        self._followed = asyncio.Event()
        """Another node has taken the place of the one that is watched."""
        self.served = asyncio.Event()

    @property
    def serves(self) -> bool:
        return self._node is not None and self._node.serves

    async def keep(self) -> int:
        """Starts a node, and another whenever one dies. Until it is cancelled, or everything has to end: then this
        returns the exit code."""
        in_a_row = 0
        while True:
            code, lasted = await self._serve()
            in_a_row = 0 if lasted >= LASTING else in_a_row + 1
            verdict = decide_after_death(code, others_serve=self._others_serve(), in_a_row=in_a_row)
            if isinstance(verdict, End):
                return verdict.code
            log.warning("node %d ended (%s): another follows in %d s", self._number, _said(code), verdict.after)
            if verdict.after > QUEUE_SECONDS:
                self.close()
            await asyncio.sleep(verdict.after)

    async def _serve(self) -> tuple[int, float]:
        """The life of a node, and of those that took its place in a renewal: its exit code, and how long it served."""
        clock = asyncio.get_running_loop().time
        node = self._node
        if node is None or not node.serves:
            try:
                node = self._node = await self._start()
            except OSError as trouble:
                log.error("node %d cannot be started: %s", self._number, trouble.strerror)  # noqa: TRY400
                return 1, 0.0
            if await node.ready():
                self._say_that_it_serves()
        while True:
            began, came_to_serve = clock(), node.serves
            code = await self._end_unless_followed(node)
            if code is not None:
                return code, clock() - began if came_to_serve else 0.0
            node = self._node or node

    def _say_that_it_serves(self) -> None:
        if self.served.is_set():
            log.info("node %d serves again", self._number)
        self.served.set()

    async def _start(self) -> NodeProcess:
        self._sockets = self._sockets or another(self._bound)
        node = await NodeProcess.start(self._command, self._number, self._sockets)
        self._all.add(node)
        return node

    async def _end_unless_followed(self, node: NodeProcess) -> int | None:
        """Its exit code; or None as soon as another has taken its place: in the seconds for which it drains then, that
        one may die."""
        self._followed.clear()
        ending = asyncio.create_task(self._end_of(node))
        followed = asyncio.create_task(self._followed.wait())
        try:
            await asyncio.wait((ending, followed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (ending, followed):
                task.cancel()
            await asyncio.gather(ending, followed, return_exceptions=True)
        return None if self._node is not node else ending.result()

    async def _end_of(self, node: NodeProcess) -> int:
        code = await node.ended()
        self._let_go(node)
        return code

    async def renew(self) -> bool:
        """A new node takes the place of the one that serves, which drains then. False: the new one did not come to
        serve, and the old one stays."""
        old = self._node
        if old is None or not old.serves:
            return True  # whichever starts here is a new one
        new = await self._start()
        if not await new.ready():
            await self._end_of(new)
            log.error("node %d stays as it is: the one that was to take its place did not start", self._number)
            return False
        if self._node is not old:
            # It died meanwhile, and has been followed already.
            await self._stop(new)
            return True
        self._node = new
        self._followed.set()
        log.info("node %d is a new one, and the old one drains", self._number)
        await self._stop(old)
        return True

    async def stop(self) -> None:
        """Every node of this place drains and ends. Nothing follows, once `keep` was cancelled."""
        self.close()
        await asyncio.gather(*(self._stop(node) for node in self._all))

    async def _stop(self, node: NodeProcess) -> None:
        if not await node.stop():
            log.warning("node %d did not end in time, and was killed", self._number)
        self._let_go(node)

    def _let_go(self, node: NodeProcess) -> None:
        self._all.discard(node)
        node.close()

    def kill(self) -> None:
        for node in self._all:
            node.kill()

    def close(self) -> None:
        """Takes no more connections here; those of the nodes are their own."""
        for each in self._sockets:
            each.close()
        self._sockets = []


def _said(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
