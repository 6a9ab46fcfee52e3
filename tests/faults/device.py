"""An honest client: one cookie jar (or one refresh token in memory), and one or several tabs that share it.

Whatever a server says or fails to say, there are three outcomes: refreshed, ended, or to be tried later.
"""

import asyncio
import random
from typing import Literal

from tests.faults.asking import PATIENCE, Answer, NoAnswer, ask
from tests.faults.house import House
from tests.faults.ledger import Visit
from tests.faults.node import Node
from tests.faults.people import PASSWORD, Person
from tests.faults.tokens import COOKIE, Seen, session_of, set_cookie

Kind = Literal["web", "api"]
Outcome = Literal["refreshed", "ended", "retry", "later"]
LOGIN_PATIENCE = 20.0
TWICE = 0.05
"""Of all refreshes so many arrive twice, at two nodes: a proxy in front asks the next one when it hears nothing."""
LATER = 1.0
"""Seconds by which the second may come later."""


class Device:
    def __init__(self, house: House, person: Person, name: str, kind: Kind) -> None:
        self.house = house
        self.ledger = house.ledger
        self.person = person
        self.name = name
        self.kind = kind
        self.dice = random.Random(f"{house.plan.seed} {name}")
        self.jar = ""
        self.jar_seen: Seen | None = None
        self.visit = Visit("none", name, 0)
        self.token_at = 0.0
        self.past: dict[int, str] = {}
        """Every refresh token of this session, by generation."""
        self.over = asyncio.Event()

    async def sign_in(self) -> None:
        """Until it succeeds. A sign-in whose answer is lost is a session that nobody has."""
        while True:
            asked_at = self.ledger.now()
            node = self.house.any_node(self.dice)
            body = {"email": self.person.email, "password": PASSWORD, "rememberMe": True}
            path = "/auth/login" if self.kind == "web" else "/backend/auth/login"
            try:
                answer = await ask(
                    node.port, "POST", path, body=body, patience=LOGIN_PATIENCE, Origin=self.house.origin
                )
            except NoAnswer:
                answer = Answer(0, (), None)
            if answer.status == 200:
                break
            self.expect(answer, node, "sign-in", 0, 429, 503)
            await asyncio.sleep(self.dice.uniform(0.1, 1.0))
        visit = self.ledger.visit(session_of(answer.body["auth_token"]), self.name)
        self.over = asyncio.Event()
        self.visit, self.past = visit, {}
        self.ledger.done["sign-ins"] += 1
        self._keep(answer, answer.body["auth_token"], f"signs in at {node.name}")
        if self.person.ended_everything_since(asked_at):
            self.ledger.asked_to_end(visit, "everything was to end while it began")

    async def refresh(self, *, gives_up_after: float = PATIENCE) -> Outcome:
        """One exchange: the jar's newest travels, the answer travels back, or is lost."""
        visit, shown, shown_seen = self.visit, self.jar, self.jar_seen
        node = self.house.any_node(self.dice)
        what = f"shows generation {shown_seen.generation if shown_seen else '?'} at {node.name}"
        self.ledger.note(visit, what)
        if self.dice.random() < TWICE:
            self.house.beside(self._arrives_again(shown))
        try:
            answer = await self._present(node, shown, gives_up_after)
        except NoAnswer as trouble:
            self.ledger.note(visit, f"{what}: no answer ({trouble})")
            self.ledger.done["refreshes without an answer"] += 1
            return "later"
        if visit is not self.visit or visit.is_over:
            return "ended"
        return self._outcome(visit, answer, node, what)

    async def _present(self, node: Node, shown: str, patience: float) -> Answer:
        if self.kind == "web":
            cookie = f"{COOKIE}={shown}"
            return await ask(
                node.port, "POST", "/auth/refresh", patience=patience, Cookie=cookie, Origin=self.house.origin
            )
        body = {"token": shown, "brief": True}
        return await ask(node.port, "POST", "/backend/auth/refresh", body=body, patience=patience)

    async def _arrives_again(self, shown: str) -> None:
        """Its answer goes nowhere."""
        await asyncio.sleep(self.dice.uniform(0, LATER))
        node = self.house.any_node(self.dice)
        self.ledger.done["refreshes that arrived twice"] += 1
        try:
            answer = await self._present(node, shown, PATIENCE)
        except NoAnswer:
            return
        self.expect(answer, node, "a refresh that arrived twice", 200, 401, 409, 429, 503)

    def _outcome(self, visit: Visit, answer: Answer, node: Node, what: str) -> Outcome:
        said = set_cookie(answer.cookies)
        if answer.status == 200:
            self.ledger.done["refreshes"] += 1
            token = answer.body["token" if self.kind == "web" else "auth_token"]
            self._keep(answer, token, what)
            return "refreshed"
        if answer.status == 401 and answer.code == "session_ended":
            self.end(f"refresh at {node.name}", answer.reason)
            return "ended"
        if said == "":
            self.ledger.violate("cookie cleared", visit, f"with {answer.status} {answer.code} at {node.name}")
        self.ledger.note(visit, f"{what}: {answer.status} {answer.code}")
        self.expect(answer, node, "refresh", 409, 429, 503)
        return "retry" if answer.status == 409 else "later"

    def _keep(self, answer: Answer, auth_token: str, what: str) -> None:
        """The answer has arrived: cookie and auth token at once, as in a browser."""
        reader, visit = self.house.reader, self.visit
        if self.kind == "web":
            self.jar = set_cookie(answer.cookies) or ""
            seen = reader.cookie(self.jar)
        else:
            self.jar = answer.body["refresh_token"]
            seen = reader.token(self.jar)
        self.jar_seen = seen
        self.past[seen.generation] = self.jar
        visit.auth_token = auth_token
        self.token_at = self.ledger.now()
        self.ledger.minted(visit, seen, f"{what}:")

    async def present_again(self, token: str) -> int:
        """An old one, at the end. The status; nothing is made of it."""
        node = self.house.any_node(self.dice)
        self.ledger.asked_to_end(self.visit, "an old token is shown")
        return (await self._present(node, token, 12)).status

    def end(self, how: str, reason: str) -> None:
        self.ledger.signed_out(self.visit, reason, how)
        self.over.set()

    async def me(self, node: Node | None = None) -> int:
        """An API call; its status, 0 for none."""
        visit, token, token_at = self.visit, self.visit.auth_token, self.token_at
        node = node or self.house.any_node(self.dice)
        cut_since = node.cut_since
        sent_at = self.ledger.now()
        try:
            answer = await ask(node.port, "GET", "/backend/api/me", patience=12, Authorization=f"Bearer {token}")
        except NoAnswer:
            return 0
        if answer.status == 200:
            visit.warm[node.name] = token
            self.ledger.done["calls"] += 1
            self.house.served(node, visit, cut_since, sent_at, "an API call")
        elif answer.status == 401 and answer.code != "superseded":
            age = self.ledger.now() - token_at
            self.ledger.note(visit, f"an auth token {age:.1f} s old is refused at {node.name}: {answer.code}")
            if not visit.may_be_over and not visit.is_over and age < self.house.plan.auth_token_seconds - 5:
                self.ledger.violate("live token refused", visit, f"{answer.code} at {node.name}")
        else:
            self.expect(answer, node, "me", 401, 503)
        return answer.status

    def expect(self, answer: Answer, node: Node, what: str, *allowed: int) -> None:
        self.ledger.done[f"answers {answer.status}"] += 1
        if answer.status not in allowed:
            self.ledger.violate("odd answer", self.visit, f"{what} at {node.name}: {answer.status} {answer.body}")
