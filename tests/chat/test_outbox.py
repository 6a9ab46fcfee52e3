"""What waits to be sent: bounded, in order, and let go of when the socket ends, however it ends."""

import asyncio
import sys

import pytest
from starlette.types import Message

from chat.channels.outbox import OUTBOX_LIMIT, Outbox
from tests.live.node import until

pytestmark = pytest.mark.anyio

HALF = "x" * (OUTBOX_LIMIT // 2 + 1)


class Line:
    """A client that reads when it is let."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.reads = asyncio.Event()
        self.gone: Exception | None = None
        self.closed = 0

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        if self.gone is not None:
            raise self.gone
        self.read.append(message["text"])

    def overflow(self) -> None:
        self.closed += 1


def opened() -> tuple[Line, Outbox]:
    line = Line()
    return line, Outbox(line.send, line.overflow)


async def test_frames_are_sent_in_order_and_no_task_stays_behind() -> None:
    before = asyncio.all_tasks()
    line, outbox = opened()
    line.reads.set()
    for number in range(5):
        outbox.put(str(number))
    await until(lambda: asyncio.all_tasks() == before)
    outbox.put("later")
    await until(lambda: asyncio.all_tasks() == before)
    assert line.read == ["0", "1", "2", "3", "4", "later"]


async def test_who_does_not_read_is_closed_once_and_is_queued_nothing_more() -> None:
    line, outbox = opened()
    for _ in range(6):
        outbox.put(HALF)
    assert line.closed == 1
    assert outbox._frames == []


async def test_one_answer_larger_than_the_limit_is_no_fault_of_a_client_that_reads() -> None:
    line, outbox = opened()
    line.reads.set()
    outbox.put("x" * (2 * OUTBOX_LIMIT))
    await outbox.wait_for_room()
    outbox.put("next")
    await until(lambda: len(line.read) == 2)
    assert line.closed == 0


async def test_whoever_waits_for_room_goes_on_when_there_is_some() -> None:
    line, outbox = opened()
    outbox.put(HALF)
    waiting = asyncio.create_task(outbox.wait_for_room())
    await asyncio.sleep(0)
    assert not waiting.done()
    line.reads.set()
    await asyncio.wait_for(waiting, 5)
    assert line.read == [HALF]


@pytest.mark.parametrize("error", [ConnectionError(), RuntimeError("after close")], ids=["lost", "closed"])
async def test_whoever_waits_for_room_goes_on_when_the_socket_is_gone(error: Exception) -> None:
    """Waiting there, the socket does not receive, and would never hear of its own end."""
    line, outbox = opened()
    outbox.put(HALF)
    outbox.put("more")
    waiting = asyncio.create_task(outbox.wait_for_room())
    await asyncio.sleep(0)
    line.gone = error
    line.reads.set()
    await asyncio.wait_for(waiting, 5)
    outbox.put("after the end")
    assert line.read == []
    assert outbox._flushing is None


async def test_closing_ends_the_task_and_the_wait() -> None:
    line, outbox = opened()
    before = asyncio.all_tasks()
    outbox.put(HALF)
    waiting = asyncio.create_task(outbox.wait_for_room())
    await asyncio.sleep(0)
    outbox.close()
    await asyncio.wait_for(waiting, 5)
    await until(lambda: asyncio.all_tasks() == before)
    assert (line.read, line.closed) == ([], 0)


async def test_an_idle_outbox_is_small() -> None:
    _, outbox = opened()
    held = sys.getsizeof(outbox) + sys.getsizeof(outbox._frames)
    assert held < 256
    assert not hasattr(outbox, "__dict__")
