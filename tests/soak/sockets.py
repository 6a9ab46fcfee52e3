"""A socket that is read to its end: each frame is searched for canaries before anything else is made of it."""

import asyncio
import contextlib
import json
import re
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.soak.ledger import NEVER, Ears, Ledger

CANARY = re.compile(r"Canary(\d{7})for(\d{3})x|Alias(\d{7})|Secret(\d{3})x")
UNAVAILABLE = {"status": "error", "response": "unavailable"}
PAUSE = 0.2
PATIENCE = 900
"""Seconds until an answer that never comes is a failure. Whoever measures beside it may have stopped us for a while."""


def copy_for(number: int, person: int) -> str:
    """Base64, as it happens."""
    return f"Canary{number:07}for{person:03}x"


class Gone(Exception):
    """The socket was closed before the answer came."""


class Socket:
    def __init__(
        self, line: ClientConnection, ledger: Ledger, person: int, user_id: str, names: dict[str, int]
    ) -> None:
        self.person = person
        self.ears = Ears(person)
        self.topics: set[str] = set()
        self.written: list[tuple[int, str, int]] = []
        self.pushes = 0
        self.is_ending = False
        self._line = line
        self._ledger = ledger
        self._user_id = user_id
        self._names = names
        self._number = len(ledger.ears)
        self._left: dict[int, int] = {}
        self._asked: dict[str, tuple[str, str, asyncio.Future[tuple[Any, int]]]] = {}
        ledger.ears.append(self.ears)
        self.reading = asyncio.create_task(self._read())

    @property
    def code(self) -> int | None:
        return self._line.close_code

    async def ask(self, topic: str, event: str, payload: object = None) -> tuple[Any, int]:
        """The answer, and when it came. Raises Gone. A server that cannot know just now is asked again, as its clients
        do: on a machine that stood still for ten seconds, nobody is allowed anything."""
        while True:
            answer, at = await self._ask(topic, event, {} if payload is None else payload)
            if answer != UNAVAILABLE:
                return answer, at
            await asyncio.sleep(PAUSE)

    async def _ask(self, topic: str, event: str, payload: object) -> tuple[Any, int]:
        if self.reading.done():
            raise Gone
        self.pushes += 1
        ref = str(self.pushes)
        answer: asyncio.Future[tuple[Any, int]] = asyncio.get_running_loop().create_future()
        self._asked[ref] = topic, event, answer
        join_ref = ref if event == "phx_join" else None
        try:
            await self._line.send(json.dumps([join_ref, ref, topic, event, payload]))
        except ConnectionClosed:
            raise Gone from None
        async with asyncio.timeout(PATIENCE):
            return await answer

    async def flush(self) -> None:
        """Whatever was told before has been heard."""
        now = self._ledger.tick()
        await self.ask("phoenix", "heartbeat")
        self.ears.flushed = now

    async def close(self) -> None:
        await self._line.close()
        await self.reading

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self._line:
                self._take(str(text))
        for _, _, answer in self._asked.values():
            if not answer.done():
                answer.set_exception(Gone())
                answer.exception()  # whoever asked may be gone, too

    def _take(self, text: str) -> None:
        now = self._ledger.tick()
        self._ledger.seen += 1
        _, ref, topic, event, payload = msgspec.json.decode(text)
        self.search(text, event, now)
        self._check_left(topic, event, payload)
        if event == "phx_close":
            self.topics.discard(topic)
        if event == "new_message" and payload["message"]["sender"] == self._user_id:
            number = int(payload["message"]["content"][6:13])
            self.written.append((self._names[payload["conversation_id"]], payload["message"]["message_group"], number))
        if event == "phx_reply" and ref in self._asked:
            _, asked, answer = self._asked.pop(ref)
            if payload["status"] == "ok":
                self._note(topic, asked, now)
            if not answer.done():
                answer.set_result((payload, now))
        elif event not in ("phx_reply", "phx_close") and topic not in self.topics:
            self._ledger.leak(f"{event} of a topic that socket {self._number} of {self.person} is not in")

    def search(self, text: str, event: str, now: int) -> None:
        for number, addressee, alias, secret in CANARY.findall(text):
            if secret:
                if int(secret) != self.person:
                    self._ledger.leak(f"a private key of {secret} reached {self.person} by {event}")
                continue
            canary = self._ledger.canaries[int(number or alias)]
            if addressee and int(addressee) != self.person:
                self._ledger.leak(f"a copy for {addressee} reached {self.person} by {event}")
            if canary.start > self.ears.ended:
                self._ledger.leak(f"canary {number or alias} reached socket {self._number} after its end")
            if event == "new_message":
                canary.heard_on.append(self._number)
            if addressee or event == "update_alias":
                canary.reached.add(self.person)
            elif not self._ledger.may_be_in(canary.conversation, self.person, canary.start, now):
                self._ledger.leak(f"alias {alias} reached stranger {self.person} by {event}")

    def _check_left(self, topic: str, event: str, payload: Any) -> None:
        """On the socket on which one has left, not even what was sent before comes after the acknowledgement."""
        told = payload.get("conversation_id") or (payload.get("conversation") or {}).get("id") or topic[13:]
        conversation = self._names.get(told, -1)
        if conversation not in self._left or event in ("phx_close", "phx_reply"):
            return
        if self._ledger.stays[conversation, self.person][-1].possible_from < self._left[conversation]:
            self._ledger.leak(f"{event} of conversation {conversation} reached {self.person} after their leaving")

    def _note(self, topic: str, event: str, now: int) -> None:
        if event == "phx_join":
            self.topics.add(topic)
            if topic == f"user:{self._user_id}" and self.ears.ready == NEVER:
                self.ears.ready = now
        elif event == "leave_conversation":
            self._left[self._names[topic[13:]]] = now
