"""One write that waits to travel with others, and is not kept waiting by them."""

import asyncio

from latchstring.errors import StoreUnavailable
from latchstring.ports import Row, Statement
from latchstring.stores.postgres_pool import Deadline

Rows = list[Row]
Shape = tuple[str | type, ...]
"""One text, and the types of its values: what can be sent in one batch."""


class Seat:
    """Its own time is over when it is, whatever becomes of those beside it."""

    def __init__(self, statement: Statement, deadline: Deadline) -> None:
        self.statement = statement
        self.deadline = deadline
        self.shape: Shape = (statement.sql, *(type(value) for value in statement.params.values()))
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Rows] = self._loop.create_future()
        self._is_sent = False
        self._timer = self._loop.call_at(deadline.begin, self._was_not_sent)

    @property
    def is_empty(self) -> bool:
        """Nobody waits here any more. What was not sent by then is not sent."""
        return self.answer.done()

    def send(self) -> None:
        self._is_sent = True

    def give(self, rows: Rows) -> None:
        if not self.is_empty:
            self.answer.set_result(rows)

    def fail(self, trouble: Exception) -> None:
        if not self.is_empty:
            self.answer.set_exception(trouble)

    def leave(self) -> None:
        self._timer.cancel()
        self.answer.cancel()

    def _was_not_sent(self) -> None:
        # Nearly all are answered long before this: a second timer for each would be made for nothing.
        if self._is_sent:
            self._timer = self._loop.call_at(self.deadline.end, self._is_late)
        else:
            self._is_late()

    def _is_late(self) -> None:
        self.fail(StoreUnavailable())
