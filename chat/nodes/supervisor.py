"""Starts the nodes, keeps as many as there are to be, renews them one by one, and ends with all of them."""

import asyncio
import logging
import signal
import socket
from collections.abc import Sequence

from chat.listening import share
from chat.nodes.place import Place

log = logging.getLogger("chat.nodes")


def supervise(command: Sequence[str], bound: list[socket.socket], *, count: int, base_url: str) -> int:
    """`command` starts one node, at the addresses that are bound. SIGTERM ends all of them, SIGHUP renews them.

    Returns 0 when it was told to stop, or the exit code of a node that could not start where none serves.
    """
    share(bound)
    return asyncio.run(_Nodes(command, bound, count, base_url).run())


class _Nodes:
    def __init__(self, command: Sequence[str], bound: list[socket.socket], count: int, base_url: str) -> None:
        self._bound = bound
        self._base_url = base_url
        self._places = [Place(number, command, bound, self._anybody_serves) for number in range(1, count + 1)]
        self._told_to_stop = asyncio.Event()
        self._renewal: asyncio.Task[None] | None = None

    def _anybody_serves(self) -> bool:
        # Whoever asks has just lost the node of its own place.
        return any(place.serves for place in self._places)

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        loop.add_signal_handler(signal.SIGINT, self._interrupt)
        loop.add_signal_handler(signal.SIGHUP, self._renew)
        keeping = [asyncio.create_task(self._keep(place)) for place in self._places]
        told = asyncio.create_task(self._told())
        beside = [told, asyncio.create_task(self._announce())]
        try:
            await asyncio.wait([told, *keeping], return_when=asyncio.FIRST_COMPLETED)
            codes = [task.result() for task in keeping if task.done()]
        finally:
            await self._end([*keeping, *beside])
        return 0 if self._told_to_stop.is_set() else max(codes)

    async def _told(self) -> None:
        await self._told_to_stop.wait()

    async def _keep(self, place: Place) -> int:
        if place is not self._places[0]:
            # What is wrong with the settings or the database is said by one, and what is made at first by one as well.
            await self._places[0].served.wait()
        return await place.keep()

    async def _announce(self) -> None:
        for place in self._places:
            await place.served.wait()
        log.info("ready: open %s", self._base_url)

    def _stop(self) -> None:
        self._told_to_stop.set()

    def _interrupt(self) -> None:
        """The second Ctrl+C is somebody's who is in a hurry."""
        if self._told_to_stop.is_set():
            for place in self._places:
                place.kill()
        self._stop()

    def _renew(self) -> None:
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew_each())

    async def _renew_each(self) -> None:
        """There are as many nodes as ever at any time, and one more at most."""
        for place in self._places:
            if not await place.renew():
                log.error("the renewal is given up")
                return
        log.info("all nodes are new ones")

    async def _end(self, tasks: Sequence[asyncio.Task[int] | asyncio.Task[None]]) -> None:
        all_of_them = [*tasks, self._renewal] if self._renewal is not None else tasks
        for task in all_of_them:
            task.cancel()
        await asyncio.gather(*all_of_them, return_exceptions=True)
        for each in self._bound:
            each.close()
        await asyncio.gather(*(place.stop() for place in self._places))
