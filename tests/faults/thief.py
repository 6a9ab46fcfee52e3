"""Somebody who copies what devices hold, and uses it: at once, later, again and again, or in step with its owner."""

import asyncio
import random
from typing import TYPE_CHECKING

from tests.faults.asking import Answer, NoAnswer, ask
from tests.faults.house import House
from tests.faults.ledger import Visit
from tests.faults.tokens import COOKIE, set_cookie

if TYPE_CHECKING:
    from tests.faults.tabs import Somebody


class Thief:
    def __init__(self, house: House, number: int, victims: "list[Somebody]") -> None:
        self.house = house
        self.ledger = house.ledger
        self.dice = random.Random(f"{house.plan.seed} thief {number}")
        self.victims = victims
        self.loot: list[Loot] = []

    async def live(self) -> None:
        while not self.house.is_closing:
            await asyncio.sleep(self.dice.uniform(0.5, 4))
            victim = self.dice.choice(self.victims)
            if not victim.jar or victim.over.is_set() or victim.visit.may_be_over:
                continue
            loot = Loot(self.house, self.dice, victim)
            self.loot.append(loot)
            self.ledger.done["thefts"] += 1
            manner = self.dice.choice([self._at_once, self._later, self._in_step])
            await manner(loot)

    async def _at_once(self, loot: "Loot") -> None:
        await loot.present()
        await loot.call()

    async def _later(self, loot: "Loot") -> None:
        await asyncio.sleep(self.dice.uniform(0, 2 * self.house.plan.window))
        await loot.present()
        if self.dice.random() < 0.5:
            await loot.call()

    async def _in_step(self, loot: "Loot") -> None:
        for _ in range(self.dice.randint(2, 6)):
            await loot.present()
            await loot.call()
            await asyncio.sleep(self.dice.uniform(0.2, 1.2 * self.house.plan.window))


class Loot:
    """One copy, and what is got for it."""

    def __init__(self, house: House, dice: random.Random, victim: "Somebody") -> None:
        self.house = house
        self.ledger = house.ledger
        self.dice = dice
        self.visit: Visit = victim.visit
        self.is_web = victim.kind == "web"
        self.held = victim.jar
        self.auth_token = ""
        self.is_over = False
        self.was_served = False

    async def present(self) -> Answer | None:
        """None where no answer came."""
        if self.is_over or self.visit.is_over:
            return None
        self.ledger.robbed(self.visit)
        port = self.house.any_node(self.dice).port
        try:
            if self.is_web:
                cookie = f"{COOKIE}={self.held}"
                answer = await ask(port, "POST", "/auth/refresh", Cookie=cookie, Origin=self.house.origin)
            else:
                body = {"token": self.held, "brief": True}
                answer = await ask(port, "POST", "/backend/auth/refresh", body=body)
        except NoAnswer:
            return None
        self._take(answer)
        return answer

    def _take(self, answer: Answer) -> None:
        self.ledger.note(self.visit, f"the thief is answered {answer.status} {answer.code} {answer.reason}")
        if answer.status == 200:
            reader = self.house.reader
            self.held = set_cookie(answer.cookies) or "" if self.is_web else answer.body["refresh_token"]
            seen = reader.cookie(self.held) if self.is_web else reader.token(self.held)
            self.auth_token = answer.body["token" if self.is_web else "auth_token"]
            self.ledger.minted(self.visit, seen, "the thief")
            self.ledger.done["thieves served"] += 1
            self.was_served = True
        elif answer.status == 401:
            self.is_over = True
            self.ledger.done["thieves refused"] += 1

    async def call(self) -> int:
        if not self.auth_token:
            return 0
        port = self.house.any_node(self.dice).port
        try:
            answer = await ask(port, "GET", "/backend/api/me", Authorization=f"Bearer {self.auth_token}")
        except NoAnswer:
            return 0
        return answer.status
