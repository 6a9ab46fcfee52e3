"""A member's socket as Phoenix Channels see it: topics that are joined, pushes that are answered, and events."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from bench.crowd import CONTENT
from bench.people import Person
from bench.sockets import Closed, Socket, open_sockets

GENERAL = "system:general"
_OK = b'"status":"ok"'
_ANSWER, _MESSAGE = b'"phx_reply",{', b'"new_message",{'
_HEAD = 160
"""Bytes of a frame in which its event stands."""


class Channel:
    """Answers come in the order in which was asked, since one socket is served in order. `on_message` is told of each
    `new_message`, and when it came."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.on_message: Callable[[bytes, float], None] | None = None
        self._asked: deque[asyncio.Future[tuple[bytes, float]]] = deque()
        self._refs = itertools.count(1)
        socket.on_text = self._take
        socket.closed.add_done_callback(lambda closed: self._lose(closed.result()))

    def _take(self, text: bytes, at: float) -> None:
        head = text[:_HEAD]
        if _MESSAGE in head:
            if self.on_message is not None:
                self.on_message(text, at)
        elif _ANSWER in head:
            asked = self._asked.popleft()
            if _OK in head:
                asked.set_result((text, at))
            else:
                asked.set_exception(RuntimeError(f"a push was refused: {text[:200]!r}"))

    def _lose(self, closed: Closed) -> None:
        """What is not answered by now is not answered at all, and nobody is to wait for it."""
        for asked in self._asked:
            if not asked.done():
                asked.set_exception(RuntimeError(f"the socket was closed with {closed.code}"))

    def ask(self, topic: str, event: str, payload: Mapping[str, object]) -> "asyncio.Future[tuple[bytes, float]]":
        """The answer, and when it came; RuntimeError for a refusal, which is quickly made, and no result."""
        ref = str(next(self._refs))
        answer: asyncio.Future[tuple[bytes, float]] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        self.socket.send_text(json.dumps([ref, ref, topic, event, payload]).encode())
        return answer

    async def join(self, topic: str, **payload: object) -> None:
        await self.ask(topic, "phx_join", payload)


async def open_channels(port: int, people: Sequence[Person]) -> list[Channel]:
    """One for each of these, in their first session."""
    tokens = [person.sessions[0].auth_token for person in people]
    paths = [f"/backend/socket/websocket?vsn=2.0.0&token={token}" for token in tokens]
    return [Channel(socket) for socket in await open_sockets(port, paths)]


async def hang_up(channels: Sequence[Channel]) -> None:
    for channel in channels:
        await channel.socket.hang_up()


def subject(person: Person) -> str:
    return person.sessions[0].subject


def copies(members: Sequence[str], number: int = 0) -> Mapping[str, object]:
    """The payload of a `send_message`, in which the number can be read again: it is base64, as it happens."""
    content = f"{number:08}{CONTENT[8:]}"
    return {"encrypted_messages": dict.fromkeys(members, content)}


def number_in(message: bytes) -> int:
    place = message.index(b'"content":"') + 11
    return int(message[place : place + 8])
