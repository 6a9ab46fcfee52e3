"""What one person of the soak has: two devices, each with a session of its own. The first acts; the second listens, and
is signed out in the middle of anything."""

import asyncio
import contextlib
import random
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from latchstring import TokenPair
from tests.chat.talk import refused
from tests.http.house import bearer
from tests.live.node import dial
from tests.soak.sockets import PAUSE, Gone, Socket
from tests.soak.world import World

NOT_FOUND, INVALID_TOKEN = refused("not_found"), refused("invalid_token")


class Devices:
    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.ledger = world.ledger
        self.number = number
        self.person = world.people[number]
        self.dice = random.Random(f"{world.plan.seed} {number}")
        self.client = world.house.client()
        self.pairs: list[TokenPair] = []
        self.sockets: list[Socket] = []

    async def open(self, device: int) -> Socket:
        line = await self.dial(self.pairs[device].auth_token)
        socket = Socket(line, self.ledger, self.number, self.person.id, self.world.names)
        await socket.ask(self.person.own, "phx_join")
        for conversation in self.world.of(self.number):
            await self.join(socket, conversation)
        return socket

    async def dial(self, token: str) -> ClientConnection:
        """Raises InvalidStatus. A server that cannot know just now is asked again, here as everywhere."""
        while True:
            try:
                return await dial(self.world.house.port, token=token, path="/socket/websocket", ping_interval=None)
            except InvalidStatus as refusal:
                if refusal.response.status_code != 503:
                    raise
                await asyncio.sleep(PAUSE)

    async def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        while True:
            answer = await self.client.request(method, path, **options)
            if answer.status_code != 503:
                return answer
            await asyncio.sleep(PAUSE)

    async def reopen(self, device: int) -> None:
        socket = self.sockets[device]
        await socket.flush()
        await socket.close()
        self.sockets[device] = await self.open(device)

    async def sign_out(self, device: int) -> None:
        """From here on that socket hears of nothing that is begun now; and its token opens none."""
        pair, socket = self.pairs[device], self.sockets[device]
        socket.is_ending = True
        if self.dice.random() < 0.5:
            answer = await self.call("POST", "/api/signout", json={"token": pair.refresh_token})
        else:
            path = f"/api/sessions/{pair.session_id}"
            answer = await self.call("DELETE", path, headers=bearer(pair.auth_token))
        assert answer.status_code == 204, answer.text
        socket.ears.ended = self.ledger.tick()
        self.world.done["sign-outs"] += 1
        with contextlib.suppress(Gone):
            said, _ = await socket.ask(self.person.own, "phx_join")
            self.must(said == INVALID_TOKEN, f"a signed out socket was answered {said}")
        await socket.reading
        self.must(socket.code == 4401, f"a signed out socket was closed with {socket.code}")
        try:
            await self.dial(pair.auth_token)
        except InvalidStatus as refusal:
            self.must(refusal.response.status_code == 403, "a dead token opens nothing")
        else:
            self.must(False, "a dead token opened a socket")
        self.pairs[device] = await self.world.house.sign_in(self.person.id)
        self.sockets[device] = await self.open(device)

    async def join_again(self, device: int) -> None:
        for conversation in self.world.of(self.number):
            await self.join(self.sockets[device], conversation)

    async def join(self, socket: Socket, conversation: int) -> bool:
        start = self.ledger.tick()
        answer, end = await socket.ask(self.world.topic(conversation), "phx_join")
        if socket.is_ending and answer == INVALID_TOKEN:
            return False
        is_in = bool(answer["status"] == "ok")
        self.must(is_in or answer == NOT_FOUND, f"a join was answered {answer}")
        self.check_answer(is_in, conversation, start, end, "a join")
        return is_in

    def check_answer(self, is_in: bool, conversation: int, start: int, end: int, what: str) -> None:
        if is_in and not self.ledger.may_be_in(conversation, self.number, start, end):
            self.ledger.leak(f"{what} of conversation {conversation} by stranger {self.number}")
        if not is_in and self.ledger.is_in(conversation, self.number, start, end):
            self.ledger.leak(f"{what} of conversation {conversation} was refused to member {self.number}")

    def must(self, condition: bool, what: str) -> None:
        if not condition:
            self.ledger.leak(f"{self.number}: {what}")

    async def push(self, conversation: int, event: str, payload: object = None) -> tuple[Any, int]:
        """On the first device, joined if it is not."""
        socket, topic = self.sockets[0], self.world.topic(conversation)
        if topic not in socket.topics:
            await self.join(socket, conversation)
        return await socket.ask(topic, event, payload)

    def pick(self) -> int | None:
        """One of their conversations."""
        mine = self.world.of(self.number)
        return self.dice.choice(mine) if mine else None
