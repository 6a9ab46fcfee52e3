"""What somebody does on their device, all the time: several tabs that renew, call, reload, sign out and come back."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.faults.asking import NoAnswer, ask
from tests.faults.device import Device, Kind
from tests.faults.endings import watch_end
from tests.faults.house import House
from tests.faults.ledger import Visit
from tests.faults.people import Person
from tests.faults.talker import Talker


class Somebody(Device):
    """`others` are the devices of the same person."""

    def __init__(self, house: House, person: Person, name: str, kind: Kind, tabs: int) -> None:
        super().__init__(house, person, name, kind)
        self.others: list[Somebody] = []
        self.tabs = tabs
        self.talker = Talker(self)
        self._failures = 0

    async def live(self) -> None:
        while not self.house.is_over:
            await self.sign_in()
            async with asyncio.TaskGroup() as group:
                group.create_task(self.talker.hold())
                for _ in range(self.tabs):
                    group.create_task(self.use())

    @property
    def goes_on(self) -> bool:
        return not self.house.is_over and not self.over.is_set()

    async def use(self) -> None:
        """One tab, until the session is over."""
        deeds = {
            self.renew: 40,
            self.reload: 15,
            self.call: 40,
            self.leave: 0.7,
            self.end_another: 1.5,
            self.end_all: 0.15,
        }
        while self.goes_on:
            await self.rest(0.05, 0.6)
            if self.goes_on:
                [deed] = self.dice.choices(list(deeds), list(deeds.values()))
                await deed()

    async def rest(self, least: float, most: float) -> None:
        """Or less, where the session ends meanwhile."""
        try:
            async with asyncio.timeout(self.dice.uniform(least, most)):
                await self.over.wait()
        except TimeoutError:
            return

    async def renew(self) -> None:
        outcome = await self.refresh()
        if outcome == "refreshed":
            self._failures = 0
        elif outcome == "retry":
            await self.rest(0.2, 1.0)
        elif outcome == "later":
            self._failures += 1
            await self.rest(0, min(2.0, 0.2 * 2**self._failures))

    async def reload(self) -> None:
        """The page goes in the middle of a refresh: its answer is lost, and the next page asks at once."""
        await self.refresh(gives_up_after=self.dice.uniform(0.0005, 0.03))
        if self.goes_on:
            await self.renew()

    async def call(self) -> None:
        status = await self.me()
        if status == 401 and self.goes_on:
            await self.renew()
        elif status in (0, 503):
            await self.rest(0.1, 0.5)

    async def leave(self) -> None:
        """Signs out here."""
        visit = self.visit
        self.ledger.asked_to_end(visit, "its owner leaves")
        if await self._until_done(self._sign_out, visit):
            self.ledger.ended(visit)
            self.ledger.done["sign-outs"] += 1
            visit.is_over = True
            self.over.set()
            watch_end(self.house, visit)

    async def _sign_out(self) -> int:
        port = self.house.any_node(self.dice).port
        if self.kind == "web":
            cookie = f"latchstring={self.jar}"
            answer = await ask(port, "POST", "/auth/signout", patience=12, Cookie=cookie, Origin=self.house.origin)
        else:
            answer = await ask(port, "POST", "/backend/api/signout", body={"token": self.jar}, patience=12)
        return answer.status

    async def end_another(self) -> None:
        """Signs another device of theirs out, which hears of it by its socket."""
        visits = [other.visit for other in self.others if not other.visit.is_over and other.visit.id != "none"]
        if not visits:
            return
        visit = self.dice.choice(visits)
        self.ledger.asked_to_end(visit, f"{self.name} ends it")
        if await self._until_done(lambda: self._bearer("DELETE", f"/backend/api/sessions/{visit.id}"), self.visit):
            self.ledger.ended(visit)
            self.ledger.done["sign-outs"] += 1
            watch_end(self.house, visit)

    async def end_all(self) -> None:
        visits = [self.visit, *(other.visit for other in self.others if not other.visit.is_over)]
        for visit in visits:
            self.ledger.asked_to_end(visit, f"{self.name} ends everything")
        self.person.ending_everything += 1
        done = await self._until_done(lambda: self._bearer("POST", "/backend/api/signout_all"), self.visit)
        self.person.ending_everything -= 1
        self.person.everything_ended_at = self.ledger.now()
        if done:
            for visit in visits:
                self.ledger.ended(visit)
                watch_end(self.house, visit)
            self.ledger.done["sign-outs everywhere"] += 1

    async def _bearer(self, method: str, path: str) -> int:
        port = self.house.any_node(self.dice).port
        return (await ask(port, method, path, patience=12, Authorization=f"Bearer {self.visit.auth_token}")).status

    async def _until_done(self, try_it: Callable[[], Awaitable[int]], own: Visit) -> bool:
        """Asks again until it is acknowledged; gives up only where one's own session ends meanwhile."""
        while self.visit is own and not own.is_over and not self.house.is_over:
            try:
                status = await try_it()
            except NoAnswer:
                status = 0
            if status == 204:
                return True
            if status == 401 and await self.refresh() == "ended":
                return False
            await self.rest(0.1, 0.8)
        return False
