"""A bounded number of connections, each kept open with what was prepared on it."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

import asyncpg

from latchstring.errors import ConfigurationError, LatchstringError, StoreUnavailable
from latchstring.stores.postgres_address import PostgresAddress
from latchstring.stores.postgres_errors import Blame, decide_blame, is_refused_write, is_stale_plan, translated
from latchstring.stores.postgres_line import ANSWER_SECONDS, Line

Answer = TypeVar("Answer")
Work = Callable[[Line], Awaitable[Answer]]

WAIT_SECONDS = 5.0
"""For a connection, be it free or new. Whoever has waited so long is told to come back: nothing was sent."""
RIVALRY = 5
"""Tries, where others held what was needed in another order. All of them have the time of one."""


class Deadline(NamedTuple):
    """By the event loop's clock: until `begin` it may be sent, and until `end` it may be answered."""

    begin: float
    end: float


def deadline_from_now() -> Deadline:
    begin = asyncio.get_running_loop().time() + WAIT_SECONDS
    return Deadline(begin, begin + ANSWER_SECONDS)


class Pool:
    def __init__(self, address: PostgresAddress, *, queue_limit: int) -> None:
        self._address = address
        self._queue_limit = queue_limit
        self._waiting = 0
        self._open = False
        self._last = math.inf
        """When whatever is under way then is given up."""
        self._bounds: set[asyncio.Timeout] = set()
        # The last one used comes first: those that a quiet node does not need stay closed.
        self._free: asyncio.LifoQueue[Line | None] = asyncio.LifoQueue()

    async def start(self) -> None:
        """With one connection, so that a wrong address is known at once. Raises ConfigurationError or
        StoreUnavailable."""
        self._last = math.inf
        self._free = asyncio.LifoQueue()
        for _ in range(self._address.pool - 1):
            self._free.put_nowait(None)
        self._free.put_nowait(await Line.open(self._address))
        self._open = True

    def finish_by(self, when: float) -> None:
        """No work goes on after that, be it under way or not begun."""
        self._last = when
        for bound in self._bounds:
            if not bound.expired() and (bound.when() or math.inf) > when:
                bound.reschedule(when)

    async def stop(self) -> None:
        """Waits for what is under way. Later work raises StoreUnavailable."""
        self._open = False
        lines = [await self._free.get() for _ in range(self._address.pool)]
        await asyncio.gather(*(line.close() for line in lines if line is not None))

    async def run(self, work: Work[Answer], deadline: Deadline | None = None) -> Answer:
        """Raises Conflict, StoreUnavailable, or what is wrong with a statement.

        After StoreUnavailable nothing is half done, but where the connection was lost at the commit itself nobody
        knows whether it is done: what callers send again is the same then, or is refused for being there."""
        deadline = deadline or deadline_from_now()
        try:
            async with asyncio.timeout_at(min(deadline.begin, self._last)) as bound:
                self._bounds.add(bound)
                try:
                    return await self._run(work, deadline.end, bound)
                finally:
                    self._bounds.discard(bound)
        except TimeoutError:
            raise StoreUnavailable("no connection was free, or no answer came, in time") from None

    async def _run(self, work: Work[Answer], end: float, bound: asyncio.Timeout) -> Answer:
        clock = asyncio.get_running_loop().time
        for _ in range(RIVALRY):
            line = await self._take(bound)
            silent = clock() + ANSWER_SECONDS
            bound.reschedule(min(silent, end, self._last))
            try:
                return await work(line)
            except LatchstringError:
                raise
            except Exception as error:
                blame = decide_blame(error)
                if blame is Blame.DATABASE and (
                    is_refused_write(error) or not isinstance(error, asyncpg.PostgresError)
                ):
                    line.drop()
                if line.is_closed:
                    self._distrust_idle()
                if is_stale_plan(error):
                    line.forget_plans()
                if blame is not Blame.RIVAL:
                    raise translated(error, blame) from error
            except BaseException:
                # Given up in the middle of something: what would come next on this connection belongs to nobody.
                line.drop()
                if bound.expired() and bound.when() == silent:
                    self._distrust_idle()
                raise
            finally:
                self._give_back(line)
            bound.reschedule(min(end, self._last))
        raise StoreUnavailable("others held the same rows, again and again")

    async def _take(self, bound: asyncio.Timeout) -> Line:
        is_late = asyncio.get_running_loop().time() >= (bound.when() or math.inf)
        if not self._open or is_late or self._waiting >= self._queue_limit:
            raise StoreUnavailable
        line = self._free.get_nowait() if not self._free.empty() else await self._wait()
        if line is not None and not line.is_closed:
            return line
        try:
            return await Line.open(self._address)
        except ConfigurationError as trouble:
            # It was right when we started.
            self._free.put_nowait(None)
            raise StoreUnavailable from trouble
        except BaseException:
            self._free.put_nowait(None)
            raise

    def _distrust_idle(self) -> None:
        """What befell one befell the others too, likely, and may not be seen on them: whoever came next would wait for
        nothing, one after the other. Those in use say by themselves how they are."""
        for line in [self._free.get_nowait() for _ in range(self._free.qsize())]:
            if line is not None:
                line.drop()
            self._free.put_nowait(None)

    def _give_back(self, line: Line) -> None:
        if line.is_in_transaction:
            # Whatever went wrong: nobody else's write may end up in it.
            line.drop()
        self._free.put_nowait(None if line.is_closed else line)

    async def _wait(self) -> Line | None:
        self._waiting += 1
        try:
            return await self._free.get()
        finally:
            self._waiting -= 1
