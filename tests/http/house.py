"""The whole house for tests of HTTP: both tiers on real use cases and a real database, with a clock that is set."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from latchstring.accounts import Accounts
from latchstring.core.auth_token import AuthTokens
from latchstring.core.keys import Key, KeyRing
from latchstring.core.password import PasswordRules
from latchstring.hashing import QUICK_FOR_TESTS, PasswordHasher
from latchstring.http import AppPart, Call, InProcess, OverHttp, build_api_tier, build_web_tier
from latchstring.issuing import Issuer
from latchstring.letters import pages_of
from latchstring.ports import Statement
from latchstring.revocations import DenySet
from latchstring.sessions import Sessions
from latchstring.settings import Settings
from latchstring.standstill import Standstill
from latchstring.stores.accounts import SQLAccountStore
from latchstring.stores.sessions import SQLSessionStore
from latchstring.testing import SeededEntropy, SettableClock
from latchstring.throttling import Throttling
from tests.stores.plugged import PluggedEngine

OURS = "https://chat.example.org"
EMAIL = "anna@example.org"
PASSWORD = "a-canary-sings-in-nine-keys"
WEB_TIER_KEY = "the key that both tiers share, and nobody else"
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


class KeptMail:
    """A mailer whose letters the test reads, unless it is ill."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, str]] = []
        self.ill = False

    async def send(self, to: str, subject: str, text: str) -> None:
        if self.ill:
            raise RuntimeError("the canary of the mailer's own message")
        self.letters.append((to, subject, text))


@dataclass
class House:
    settings: Settings
    engine: PluggedEngine
    split: bool = False
    app_part: AppPart[Any] | None = None
    extra_routes: Sequence[Call | BaseRoute] = ()
    pages: Sequence[BaseRoute] = ()
    clock: SettableClock = field(default_factory=SettableClock)
    monotonic: SettableClock = field(default_factory=lambda: SettableClock(0))
    mail: KeptMail = field(default_factory=KeptMail)
    client_address: str = "203.0.113.7"
    standstill: Standstill | None = None

    def __post_init__(self) -> None:
        settings, entropy = self.settings, SeededEntropy()
        self.key_ring = KeyRing([Key(1, entropy(32))])
        self.auth_tokens = AuthTokens(self.key_ring, settings.issuer, "latchstring", settings.algorithm)
        self.deny_set = DenySet(keep_seconds=1800, silence_seconds=3600, monotonic=self.monotonic)
        self.deny_set.heard()
        self.store = SQLSessionStore(self.engine)
        self.account_store = SQLAccountStore(self.engine)
        self.sessions = Sessions(
            self.store,
            issuer=Issuer(key_ring=self.key_ring, auth_tokens=self.auth_tokens, settings=settings, entropy=entropy),
            auth_tokens=self.auth_tokens,
            key_ring=self.key_ring,
            deny_set=self.deny_set,
            settings=settings,
            clock=self.clock,
            monotonic=self.monotonic,
            entropy=entropy,
            standstill=None if self.split else self.standstill,
        )
        self.hasher = PasswordHasher(QUICK_FOR_TESTS, workers=1)
        self.accounts = Accounts(
            self.account_store,
            self.sessions,
            hasher=self.hasher,
            rules=PasswordRules(min_length=15, common=frozenset({"correcthorsebatterystaple"})),
            throttling=Throttling(self.monotonic, enabled=settings.throttle),
            mailer=self.mail,
            clock=self.clock,
            entropy=entropy,
            pages=pages_of(settings),
        )
        self.api = build_api_tier(
            sessions=self.sessions,
            accounts=self.accounts,
            auth_tokens=self.auth_tokens,
            settings=settings,
            clock=self.clock,
            health=self.health,
            app_part=self.app_part,
            extra_routes=self.extra_routes,
        )
        self.over_http = OverHttp(
            "http://api.internal/backend",
            key=settings.web_tier_key,
            transport=httpx2.ASGITransport(app=_mounted(self.api), client=("10.9.9.9", 1)),
        )
        self.web = build_web_tier(
            self.over_http if self.split else InProcess(self.api),
            settings=settings,
            key_ring=self.key_ring,
            entropy=entropy,
            pages=self.pages,
            standstill=self.standstill if self.split else None,
        )

    async def health(self) -> None:
        self.deny_set.check("nobody")
        await self.engine.read(Statement("SELECT 1"))

    def client(self, app: Starlette, **options: Any) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=app, client=(self.client_address, 40_000))
        return httpx2.AsyncClient(transport=transport, base_url=OURS, **options)

    def browser(self) -> httpx2.AsyncClient:
        """A jar of its own, and the header that browsers put on what our own pages send."""
        return self.client(self.web, headers=SAME_ORIGIN)


def _mounted(api: Starlette) -> Any:
    from starlette.routing import Mount, Router

    return Router([Mount("/backend", api)])


@contextlib.asynccontextmanager
async def housed(where: Path | str, **options: Any) -> AsyncIterator[House]:
    """`where` is the folder of SQLite's file, or a PostgreSQL address."""
    settings = options.pop("settings", {})
    engine = PluggedEngine(where / "house.db" if isinstance(where, Path) else where)
    await engine.start()
    house = House(Settings(**{"base_url": OURS, "web_tier_key": WEB_TIER_KEY, **settings}), engine, **options)
    await engine.migrate(house.store.component, house.store.migrations)
    await engine.migrate(house.account_store.component, house.account_store.migrations)
    yield house
    await house.accounts.drain()
    house.hasher.close()
    await house.over_http.close()
    await engine.stop()


async def register(client: httpx2.AsyncClient, email: str = EMAIL, **more: Any) -> httpx2.Response:
    return await client.post("/auth/register", json={"email": email, "password": PASSWORD, **more})


async def log_in(client: httpx2.AsyncClient, email: str = EMAIL, **more: Any) -> httpx2.Response:
    return await client.post("/auth/login", json={"email": email, "password": PASSWORD, **more})


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def code(response: httpx2.Response) -> str:
    """The code of a refusal, whose every header and member is as the contract says."""
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    error = body["error"]
    assert set(error) <= {"code", "message", "fields", "reason"}
    assert isinstance(error["message"], str)
    assert error["message"]
    assert ("fields" in error) == (error["code"] == "invalid_request")
    assert ("reason" in error) == (error["code"] == "session_ended")
    found: str = error["code"]
    return found
