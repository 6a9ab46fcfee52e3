"""Accounts on the real sessions, store and hasher; only the clock, the dice and the postman are ours."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from latchstring.accounts import Accounts
from latchstring.authenticating import SignedIn
from latchstring.common_passwords import load_common_passwords
from latchstring.core.account import Account
from latchstring.core.auth_token import AuthTokens
from latchstring.core.keys import Key, KeyRing
from latchstring.core.password import PasswordRules
from latchstring.errors import Unavailable
from latchstring.hashing import QUICK_FOR_TESTS, HashingProfile, PasswordHasher
from latchstring.issuing import Issuer, TokenPair, Visitor
from latchstring.revocations import DenySet
from latchstring.sessions import Sessions
from latchstring.settings import Settings
from latchstring.stores.accounts import SQLAccountStore
from latchstring.stores.sessions import SQLSessionStore
from latchstring.testing import SeededEntropy, SettableClock
from latchstring.throttling import Throttling
from tests.stores.plugged import PluggedEngine

ADA, BEN = "Ada@example.org", "ben@example.org"
PASSWORD, OTHER = "nine green herons wading", "seven amber lamps at dusk"
HOME = Visitor("192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
STRANGER = Visitor("198.51.100.7", "curl/8.1")


@dataclass
class Postman:
    """Keeps what it is given, unless it is ill."""

    mails: list[tuple[str, str, str]] = field(default_factory=list)
    ill: bool = False

    async def send(self, to: str, subject: str, text: str) -> None:
        if self.ill:
            raise Unavailable("The postman is ill.")
        self.mails.append((to, subject, text))

    def newest_token(self) -> str:
        [token] = re.findall(r"^[A-Za-z0-9_-]{43}$", self.mails[-1][2], re.MULTILINE)
        return str(token)


@dataclass
class House:
    engine: PluggedEngine
    store: SQLAccountStore
    sessions: Sessions
    hasher: PasswordHasher
    throttling: Throttling
    postman: Postman
    clock: SettableClock
    accounts: Accounts = field(init=False)

    def __post_init__(self) -> None:
        self.accounts = self.accounts_with(self.hasher)

    async def register(self, email: str = ADA, password: str = PASSWORD, visitor: Visitor = HOME) -> Account:
        account, _ = await self.accounts.register(email, password, remembered=True, visitor=visitor)
        return account

    async def log_in(self, email: str = ADA, password: str = PASSWORD, visitor: Visitor = HOME) -> TokenPair:
        _, pair = await self.accounts.log_in(email, password, remembered=True, visitor=visitor)
        return pair

    async def signed_in(self, email: str = ADA, password: str = PASSWORD) -> SignedIn:
        return await self.sessions.authenticate((await self.log_in(email, password)).auth_token)

    async def session_ids(self, account: Account) -> set[str]:
        return {session.id for session in await self.sessions.list(account.id)}

    def accounts_with(self, hasher: PasswordHasher) -> Accounts:
        return Accounts(
            self.store,
            self.sessions,
            hasher=hasher,
            rules=PasswordRules(15, load_common_passwords(), site=("latchstring",)),
            throttling=self.throttling,
            mailer=self.postman,
            clock=self.clock,
            entropy=SeededEntropy(7),
        )


@asynccontextmanager
async def open_house(
    profile: HashingProfile = QUICK_FOR_TESTS, *, throttle: bool = True, where: str = ":memory:"
) -> AsyncIterator[House]:
    engine, clock, hasher = PluggedEngine(where), SettableClock(), PasswordHasher(profile, workers=1)
    await engine.start()
    store, session_store = SQLAccountStore(engine), SQLSessionStore(engine)
    for each in (store, session_store):
        await engine.migrate(each.component, each.migrations)
    house = House(
        engine=engine,
        store=store,
        sessions=sessions_on(session_store, clock),
        hasher=hasher,
        throttling=Throttling(clock, enabled=throttle),
        postman=Postman(),
        clock=clock,
    )
    try:
        yield house
    finally:
        await house.accounts.drain()
        hasher.close()
        await engine.stop()


def sessions_on(store: SQLSessionStore, clock: SettableClock) -> Sessions:
    settings, entropy = Settings(), SeededEntropy(3)
    ring = KeyRing([Key(1, bytes(range(32)))])
    auth_tokens = AuthTokens(ring, settings.issuer, settings.issuer)
    deny_set = DenySet(keep_seconds=1800, silence_seconds=10**9, monotonic=clock)
    deny_set.heard()
    return Sessions(
        store,
        issuer=Issuer(key_ring=ring, auth_tokens=auth_tokens, settings=settings, entropy=entropy),
        auth_tokens=auth_tokens,
        key_ring=ring,
        deny_set=deny_set,
        settings=settings,
        clock=clock,
        monotonic=clock,
        entropy=entropy,
    )
