"""Jobs that cross from the event loop to threads and back.

A crossing costs more than a point read, so crossings are shared: what is asked within one turn of the loop goes over
together, and what one thread has done comes back together.
"""

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Generic, Protocol, TypeVar

from latchstring.errors import StoreUnavailable

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")
AskIn = TypeVar("AskIn", contravariant=True)
AnswerOut = TypeVar("AnswerOut", covariant=True)


class Worker(Protocol[AskIn, AnswerOut]):
    """Lives in one thread. `work` never raises: each job has its outcome, an answer or an exception."""

    def work(self, asks: Sequence[AskIn]) -> Sequence[AnswerOut | Exception]: ...

    def close(self) -> None: ...


class Job(Generic[Ask, Answer]):
    __slots__ = ("answer", "ask")

    def __init__(self, ask: Ask, answer: "asyncio.Future[Answer]") -> None:
        self.ask = ask
        self.answer = answer


class Lane(Generic[Ask, Answer]):
    """A bounded queue before one thread for each worker. Used from the loop that made it."""

    def __init__(self, name: str, workers: Sequence[Worker[Ask, Answer]], *, limit: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit = limit
        self._open = True
        self._in_flight = 0
        self._asked: list[Job[Ask, Answer]] = []
        self._queue: SimpleQueue[list[Job[Ask, Answer]] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(
                target=self._serve, args=(worker, len(workers) == 1), name=f"latchstring-{name}", daemon=True
            )
            for worker in workers
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, ask: Ask) -> "asyncio.Future[Answer]":
        """Raises StoreUnavailable at once where the queue is full: waiting longer helps nobody."""
        if not self._open or self._in_flight >= self._limit:
            raise StoreUnavailable
        self._in_flight += 1
        answer: asyncio.Future[Answer] = self._loop.create_future()
        if not self._asked:
            self._loop.call_soon(self._hand_over)
        self._asked.append(Job(ask, answer))
        return answer

    async def close(self) -> None:
        """Finishes what was submitted; later submissions are refused."""
        self._open = False
        self._hand_over()
        self._queue.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _hand_over(self) -> None:
        if self._asked:
            self._queue.put(self._asked)
            self._asked = []

    def _serve(self, worker: Worker[Ask, Answer], alone: bool) -> None:
        while jobs := self._take(everything=alone):
            outcomes = worker.work([job.ask for job in jobs])
            # A loop that is closed has nobody left to tell.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._settle, jobs, outcomes)
        worker.close()

    def _take(self, *, everything: bool) -> list[Job[Ask, Answer]]:
        """Waits for jobs; none means that the lane is closed, which the next to take has to learn too."""
        jobs = self._queue.get()
        while jobs is not None and everything:
            try:
                more = self._queue.get_nowait()
            except Empty:
                break
            if more is None:
                self._queue.put(None)
                break
            jobs += more
        if jobs is None:
            self._queue.put(None)
        return jobs or []

    def _settle(self, jobs: list[Job[Ask, Answer]], outcomes: Sequence[Answer | Exception]) -> None:
        self._in_flight -= len(jobs)
        for job, outcome in zip(jobs, outcomes, strict=True):
            if job.answer.done():
                continue
            if isinstance(outcome, Exception):
                job.answer.set_exception(outcome)
            else:
                job.answer.set_result(outcome)
