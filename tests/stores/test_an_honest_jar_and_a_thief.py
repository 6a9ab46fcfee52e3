"""A browser with several tabs, lost answers, long absences and a server that restarts; and, perhaps, a thief.

Whatever order these come in: the browser alone is never signed out; and once something is proved received that the
thief alone holds, the browser's next word ends the session.
"""

import itertools
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from latchstring.core.first_use import FirstUse, decide_first_use
from latchstring.core.rotation import RotationPath
from latchstring.testing.clock import SettableClock
from latchstring.testing.desk import Answer, Desk, HeldToken
from latchstring.testing.entropy import SeededEntropy
from tests.stores.engines import Running

OVER = (RotationPath.REPLAY, RotationPath.UNKNOWN)
CLIENT_GIVES_UP_AFTER = 8_000
LONGER_THAN_ANY_ABSENCE = 10**12
any_of_them = st.integers(0, 5)
seeds = itertools.count()


@pytest.fixture(scope="module", autouse=True)
def one_database_for_all_browsers(module_postgres_url: str) -> None:
    OnPostgreSQL.address = module_postgres_url


class BrowserAlone(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = SettableClock()
        # Sessions of earlier browsers may be there still.
        self.entropy = SeededEntropy(next(seeds))
        self.running = self.start_server()
        self.requests: list[tuple[int, HeldToken]] = []
        self.answers: list[tuple[int, HeldToken]] = []

    def start_server(self) -> Running:
        return Running(Path(self.folder.name) / "jar.db")

    def teardown(self) -> None:
        self.running.close()
        self.folder.cleanup()

    @initialize()
    def the_user_signs_in(self) -> None:
        self.jar = self.running.do(self.desk().sign_in(self.clock(), expires_at=None))
        self.known_to_browser = {self.jar}

    @precondition(lambda self: len(self.requests) < 3)
    @rule()
    def a_tab_asks_for_a_refresh(self) -> None:
        self.requests.append((self.clock(), self.jar))

    @precondition(lambda self: self.requests)
    @rule(which=any_of_them)
    def the_server_answers(self, which: int) -> None:
        sent_at, token = self.requests.pop(which % len(self.requests))
        answer = self.present(token)
        self.judge(answer)
        if answer.token is not None:
            self.answers.append((sent_at, answer.token))

    @precondition(lambda self: self.answers)
    @rule(which=any_of_them)
    def an_answer_arrives(self, which: int) -> None:
        _, self.jar = self.answers.pop(which % len(self.answers))
        self.known_to_browser.add(self.jar)

    @rule()
    def a_refresh_goes_through_at_once(self) -> None:
        self.requests.append((self.clock(), self.jar))
        self.the_server_answers(-1)
        if self.answers:
            self.an_answer_arrives(-1)
            self.the_page_makes_a_call()

    @precondition(lambda self: self.requests)
    @rule(which=any_of_them)
    def a_request_is_lost(self, which: int) -> None:
        self.requests.pop(which % len(self.requests))

    @precondition(lambda self: self.answers)
    @rule(which=any_of_them)
    def an_answer_is_lost(self, which: int) -> None:
        self.answers.pop(which % len(self.answers))

    @rule()
    def the_page_makes_a_call(self) -> None:
        self.use(self.jar)

    @rule(milliseconds=st.sampled_from([100, 3_000, 9_999, 10_001]))
    def seconds_pass(self, milliseconds: int) -> None:
        limit = self.clock.advance(milliseconds=milliseconds) - CLIENT_GIVES_UP_AFTER
        self.requests = [flying for flying in self.requests if flying[0] >= limit]
        self.answers = [flying for flying in self.answers if flying[0] >= limit]

    @rule(hours=st.sampled_from([0.5, 7, 100]))
    def hours_pass(self, hours: float) -> None:
        self.clock.advance(seconds=3600 * hours)
        self.requests, self.answers = [], []

    @rule()
    def the_server_restarts(self) -> None:
        self.running.close()
        self.running = self.start_server()

    def judge(self, answer: Answer) -> None:
        assert answer.path not in OVER, "an honest browser was signed out"

    def desk(self) -> Desk:
        return Desk(store=self.running.store, entropy=self.entropy, idle=LONGER_THAN_ANY_ABSENCE)

    def present(self, token: HeldToken) -> Answer:
        self.clock.advance(milliseconds=1)
        return self.running.do(self.desk().present(token, self.clock()))

    def use(self, token: HeldToken) -> bool:
        """Any call with the auth token that came with it; whether it was accepted."""
        session = self.running.do(self.running.store.session(token.session_id))
        if session is None or session.revoked_at is not None:
            return False
        use = decide_first_use(session, token.generation)
        if use is FirstUse.CONFIRM:
            assert self.running.do(self.desk().use(token, self.clock()))
        return use in (FirstUse.CONFIRM, FirstUse.FINE)


class BrowserAndThief(BrowserAlone):
    """The thief reads the jar once, and from then on tries whatever it likes with whatever it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.loot: list[HeldToken] = []
        self.betrayed = False

    @precondition(lambda self: not self.loot)
    @rule()
    def the_thief_copies_the_jar(self) -> None:
        self.loot.append(self.jar)

    @precondition(lambda self: self.loot)
    @rule(which=any_of_them)
    def the_thief_presents(self, which: int) -> None:
        token = self.loot[-1 - which % len(self.loot)]
        answer = self.present(token)
        if answer.token is not None:
            self.betrayed |= self.is_the_thiefs_alone(token) and self.is_proved(token)
            self.loot.append(answer.token)

    @precondition(lambda self: self.loot)
    @rule(which=any_of_them)
    def the_thief_makes_a_call(self, which: int) -> None:
        token = self.loot[-1 - which % len(self.loot)]
        if self.use(token) and self.is_the_thiefs_alone(token):
            self.betrayed |= self.is_proved(token)

    @precondition(lambda self: self.betrayed)
    @rule()
    def the_browser_comes_back(self) -> None:
        self.hours_pass(0.5)
        assert self.present(self.jar).path in OVER, "a thief went on unseen"

    def judge(self, answer: Answer) -> None:
        if self.betrayed:
            assert answer.token is None, "the browser and a thief were both let in"
        elif not self.loot:
            super().judge(answer)

    def is_proved(self, token: HeldToken) -> bool:
        """Whether its receipt is proved. Only a contested head is accepted without: one that was minted within a window
        of its predecessor's being handed out again."""
        session = self.running.do(self.running.store.session(token.session_id))
        assert session is not None
        assert session.base_gen >= token.generation or session.contested
        return session.base_gen >= token.generation

    def is_the_thiefs_alone(self, token: HeldToken) -> bool:
        return token not in self.known_to_browser and all(token != coming for _, coming in self.answers)


class OnPostgreSQL:
    address: ClassVar[str]

    def start_server(self) -> Running:
        return Running(self.address)


class BrowserAloneOnPostgreSQL(OnPostgreSQL, BrowserAlone):
    pass


class BrowserAndThiefOnPostgreSQL(OnPostgreSQL, BrowserAndThief):
    pass


few_and_long = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestAnHonestBrowserIsNeverSignedOut = BrowserAlone.TestCase
TestAnHonestBrowserIsNeverSignedOut.settings = few_and_long
TestAThiefIsFoundOut = BrowserAndThief.TestCase
TestAThiefIsFoundOut.settings = few_and_long
TestAnHonestBrowserIsNeverSignedOutOnPostgreSQL = BrowserAloneOnPostgreSQL.TestCase
TestAnHonestBrowserIsNeverSignedOutOnPostgreSQL.settings = few_and_long
TestAThiefIsFoundOutOnPostgreSQL = BrowserAndThiefOnPostgreSQL.TestCase
TestAThiefIsFoundOutOnPostgreSQL.settings = few_and_long
