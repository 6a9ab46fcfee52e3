"""One connection that passes through a wire: two ways, and how each of them ends."""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

PIECE = 65536

# To close by a reset, at once, whatever is still on its way.
_NO_FAREWELL = struct.pack("ii", 1, 0)


@dataclass
class Counters:
    """`accepted` connections, and how many of them are `open` now. Bytes that were `asked` and `answered`, as they were
    passed on, and those that were `swallowed` on dead lines. Answers that were `lost`. Pieces that are `held` now,
    while the wire hangs: the beginning and the end of a connection are pieces, too."""

    accepted: int = 0
    open: int = 0
    asked: int = 0
    answered: int = 0
    swallowed: int = 0
    lost: int = 0
    held: int = 0


@dataclass
class Hand:
    """What is done to all lines of a wire. `delay` in seconds."""

    upstream: tuple[str, int]
    delay: float = 0.0
    loses_answers: bool = False
    flows: asyncio.Event = field(default_factory=asyncio.Event)
    counters: Counters = field(default_factory=Counters)

    async def let_pass(self) -> None:
        """Returns when a piece may go on."""
        if self.delay:
            await asyncio.sleep(self.delay)
        self.counters.held += 1
        try:
            await self.flows.wait()
        finally:
            self.counters.held -= 1


class Line:
    def __init__(self, near: socket.socket, hand: Hand) -> None:
        self._near = near
        self._hand = hand
        self._writers: list[asyncio.StreamWriter] = []
        self._is_dead = False
        self._task = asyncio.create_task(self._live())

    def when_over(self, told: Callable[["Line"], None]) -> None:
        def bury(task: "asyncio.Task[None]") -> None:
            # Where it was reset before it began, nobody else has closed it.
            self._near.close()
            told(self)

        self._task.add_done_callback(bury)

    async def over(self) -> None:
        await asyncio.wait((self._task,))

    def die_silently(self) -> None:
        self._is_dead = True

    def reset(self) -> None:
        """Both ends are told so. Nothing passes from now on."""
        self._abort()
        self._task.cancel()

    def _abort(self) -> None:
        if not self._writers:
            self._near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_FAREWELL)
        for writer in self._writers:
            if not writer.is_closing():
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_FAREWELL)
            writer.transport.abort()

    async def _live(self) -> None:
        try:
            # Who is accepted while the wire hangs waits as well.
            await self._hand.let_pass()
            near, near_end = await asyncio.open_connection(sock=self._near)
            self._writers.append(near_end)
            far, far_end = await asyncio.open_connection(*self._hand.upstream)
            self._writers.append(far_end)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(near, far_end, is_answer=False))
                both.create_task(self._pass(far, near_end, is_answer=True))
            for writer in self._writers:
                writer.close()
                await writer.wait_closed()
        except* OSError:
            # Refused behind us, or reset by one end. The other learns of it in the same way, if the line is alive.
            if self._is_dead:
                await _for_ever()
            self._abort()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_answer: bool) -> None:
        counters = self._hand.counters
        while True:
            piece = await source.read(PIECE)
            await self._hand.let_pass()
            if self._is_dead:
                counters.swallowed += len(piece)
                if not piece:
                    await _for_ever()
            elif not piece:
                target.write_eof()
                return
            elif is_answer and self._hand.loses_answers:
                counters.lost += 1
                raise ConnectionResetError("the answer is lost")
            else:
                counters.answered += is_answer * len(piece)
                counters.asked += (not is_answer) * len(piece)
                target.write(piece)
                await target.drain()


async def _for_ever() -> None:
    """Until the line is reset: neither end is told what the other does."""
    await asyncio.Event().wait()
