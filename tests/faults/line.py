"""One open socket of a device: Phoenix frames, what its owner says on it, and what it is told."""

import asyncio
import contextlib
import itertools
import json
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.faults.bounds import CUT_OFF
from tests.faults.ledger import Visit
from tests.faults.node import Node
from tests.faults.people import Ears, number_of

if TYPE_CHECKING:
    from tests.faults.talker import Talker

ENDED, LAPSED = 4401, 4408
SENT = {"status": "ok", "response": "message_sent"}
ANSWER_WITHIN = 15.0


class Gone(Exception):
    """The socket was closed before the answer came, or it did not come."""


class Line:
    """One open socket."""

    def __init__(self, talker: "Talker", node: Node, line: ClientConnection, visit: Visit) -> None:
        self.talker = talker
        self.device = talker.device
        self.house = talker.house
        self.ledger = talker.ledger
        self.node = node
        self.visit = visit
        self._listen_anew()
        self._line = line
        self._refs = itertools.count(1)
        self._asked: dict[str, asyncio.Future[Any]] = {}
        self._joins: dict[str, str] = {}

    async def live(self) -> None:
        reading = asyncio.create_task(self._read())
        try:
            with contextlib.suppress(Gone):
                await self._talk()
            if self.device.over.is_set() and not self.house.is_over and self.visit.ended_at is not None:
                # We know that it is over. The server has to close it all the same.
                left = self.visit.ended_at + CUT_OFF + 8 - self.ledger.now()
                await asyncio.wait((reading,), timeout=max(0.1, left))
                if not reading.done() and not self.house.bounds.was_troubled(
                    self.node, self.visit.ended_at, self.ledger.now()
                ):
                    self.ledger.violate("socket left open", self.visit, f"at {self.node.name}")
        finally:
            self._line.transport.abort()
            await reading

    async def start_group(self, user_ids: list[str], pair: Any) -> str:
        reading = asyncio.create_task(self._read())
        try:
            await self.ask("system:general", "phx_join", {})
            answer = await self.ask("system:general", "start_group_conversation", {"user_ids": user_ids, **pair})
            return str(answer["response"])
        finally:
            self._line.transport.abort()
            await reading

    async def _talk(self) -> None:
        device, dice = self.device, self.device.dice
        topics = [f"user:{device.person.id}", *(f"conversation:{each}" for each in device.person.conversations)]
        shown = self.visit.auth_token
        until = self.ledger.now() + dice.uniform(2, 15)
        while device.goes_on and self.ledger.now() < until:
            for topic in topics:
                if topic not in self._joins:
                    await self._join(topic)
            if shown != self.visit.auth_token:
                shown = self.visit.auth_token
                await self.ask(f"user:{device.person.id}", "renew", {"token": shown})
            await self._say()
            await device.rest(0.05, 0.5)

    async def _join(self, topic: str) -> None:
        """Whoever is refused asks again, later."""
        answer = await self.ask(topic, "phx_join", {})
        if answer["status"] != "ok":
            self._joins.pop(topic, None)
            await self._judge_refusal(answer, f"joining {topic[:5]}")

    async def _say(self) -> None:
        talker, person = self.talker, self.device.person
        if talker.unsent is None and person.conversations and not self.house.is_closing:
            conversation = self.device.dice.choice(person.conversations)
            talker.unsent = self.house.talk.write(conversation, self.device.name)
        message = talker.unsent
        if message is None or f"conversation:{message.conversation}" not in self._joins:
            return
        members = self.house.talk.members[message.conversation]
        push = {
            "encrypted_messages": {member.id: message.text for member in members},
            "client_id": message.client_id,
        }
        answer = await self.ask(f"conversation:{message.conversation}", "send_message", push)
        if answer == SENT:
            message.acknowledged = True
            talker.unsent = None
            self.ledger.done["messages"] += 1
        else:
            await self._judge_refusal(answer, "a message")

    async def _judge_refusal(self, answer: Any, what: str) -> None:
        said = answer["response"]
        self.ledger.done[f"pushes answered {said if isinstance(said, str) else said.get('reason')}"] += 1
        if said == "invalid_token":
            if self.device.goes_on:
                await self.device.renew()
        elif said == "unavailable" or said in ({"reason": "join crashed"}, {"reason": "unmatched topic"}):
            await self.device.rest(0.2, 0.8)
        else:
            self.ledger.violate("odd answer", self.visit, f"{what} at {self.node.name}: {answer}")

    async def ask(self, topic: str, event: str, payload: object) -> Any:
        """Raises Gone."""
        ref = str(next(self._refs))
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked[ref] = answer
        if event == "phx_join":
            self._joins[topic] = ref
        join_ref = self._joins.get(topic)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await self._line.send(json.dumps([join_ref, ref, topic, event, payload]))
                return await answer
        except (ConnectionClosed, TimeoutError):
            raise Gone from None
        finally:
            self._asked.pop(ref, None)

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self._line:
                self._take(json.loads(text))
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(Gone())
                answer.exception()
        self._closed(self._line.close_code, self._line.close_reason or "")

    def _take(self, frame: Any) -> None:
        join_ref, ref, topic, event, payload = frame
        if event == "phx_reply":
            if ref in self._asked and not self._asked[ref].done():
                self._asked[ref].set_result(payload)
        elif event in ("phx_error", "phx_close") and self._joins.get(topic) == join_ref:
            del self._joins[topic]
            self.ledger.done["topics to be joined anew"] += 1
            if topic == f"user:{self.device.person.id}":
                self._listen_anew()
        elif event == "new_message":
            now = self.ledger.now()
            told = self.ears.told.setdefault(payload["conversation_id"], [])
            told.append(number_of(payload["message"]["content"]))
            self.ledger.done["messages heard"] += 1
            self.house.bounds.served(self.node, self.visit, self.node.cut_since, now, "told on a socket", "a message")

    def _listen_anew(self) -> None:
        """What was told may have been lost. Whoever joins anew reads what there is, and may be told of it besides: a
        join subscribes before it reads."""
        self.ears = Ears(self.device.name, self.node.name)
        self.house.talk.heard.append(self.ears)

    def _closed(self, code: int | None, reason: str) -> None:
        self.ledger.done[f"closed with {code}"] += 1
        if code == ENDED:
            self.ledger.note(self.visit, f"the socket at {self.node.name} is closed: {code} {reason}")
            if self.visit.ended_at is not None:
                self.house.bounds.closed(self.node, self.visit)
            if self.visit is self.device.visit:
                self.device.end(f"socket at {self.node.name}", reason)
        elif code == LAPSED:
            self.ledger.done["leases lapsed"] += 1
