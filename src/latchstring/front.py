"""The front door and composition root: one object that an app makes, installs, and asks who is signed in.

With the files beside it that open a database and a web tier alone, the only one that names a store, and uses a real
clock and real entropy.
"""

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Lifespan

from latchstring.accounts import Accounts
from latchstring.authenticating import SignedIn
from latchstring.common_passwords import load_common_passwords
from latchstring.core.auth_token import AuthTokens
from latchstring.core.device import device_name
from latchstring.core.password import PasswordRules
from latchstring.database import FILES, beside, open_database, open_key_ring
from latchstring.database_clock import monotonic_clock, wall_clock
from latchstring.errors import ConfigurationError, FeedSilent
from latchstring.hashing import OWASP, HashingProfile, PasswordHasher
from latchstring.http import (
    ApiClient,
    AppPart,
    Call,
    ErrorPage,
    InProcess,
    authenticate,
    build_api_tier,
    build_web_tier,
)
from latchstring.installing import browser_modules, install, own_routes
from latchstring.issuing import Issuer
from latchstring.letters import pages_of
from latchstring.live import Admission, Connections, LiveGuard, Silence, Sweep, Watcher, admit
from latchstring.mailbox import Mailbox
from latchstring.ports import Clock, Engine, Entropy, Mailer, Statement
from latchstring.revocations import DenySet
from latchstring.sealing import Sealer
from latchstring.sessions import Sessions
from latchstring.settings import Settings
from latchstring.standstill import Standstill
from latchstring.stores.accounts import SQLAccountStore
from latchstring.throttling import Throttling
from latchstring.upkeep import Upkeep


class Latchstring:
    """Sessions that last, on one database.

    `secrets` is the file of the key ring, made on first run beside the database; what lies beside that of a server is
    named as `files`. Passwords may not be made of `site_names`. `now` tells Unix milliseconds: the database's where it
    is a server, so that all nodes have one time, else this machine's. Nothing is opened before `start`. Raises
    ConfigurationError.
    """

    def __init__(
        self,
        database_url: str,
        *,
        settings: Settings | None = None,
        secrets: Path | None = None,
        files: Path = FILES,
        mailer: Mailer | None = None,
        site_names: tuple[str, ...] = (),
        hashing: HashingProfile = OWASP,
        clock: Clock | None = None,
        monotonic: Clock = monotonic_clock,
        entropy: Entropy = os.urandom,
    ) -> None:
        self.settings = settings = settings or Settings()
        self._database = database = open_database(database_url, clock=clock, own=wall_clock, monotonic=monotonic)
        self.engine: Engine = database.engine
        self.now: Clock = database.clock
        self.key_ring = open_key_ring(database_url, secrets, entropy, files=files)
        self._entropy = entropy
        self._auth_tokens = AuthTokens(self.key_ring, settings.issuer, f"{settings.issuer}:api", settings.algorithm)
        self._deny_set = DenySet(
            keep_seconds=settings.auth_token_seconds + 60,
            silence_seconds=settings.feed_silence_seconds,
            monotonic=monotonic,
        )
        self._store, self._account_store = database.store, SQLAccountStore(self.engine)
        self._tables = [(store.component, store.migrations) for store in (self._store, self._account_store)]
        # By real time, whatever clocks an app has set: it is the process that stands still.
        self._standstill = Standstill(monotonic_clock)
        self.sessions = self._open_sessions(monotonic)
        self._hasher = PasswordHasher(hashing)
        self.accounts = Accounts(
            self._account_store,
            self.sessions,
            hasher=self._hasher,
            rules=PasswordRules(settings.password_min_length, load_common_passwords(), site_names),
            throttling=Throttling(monotonic, enabled=settings.throttle),
            mailer=mailer or Mailbox(beside(database_url, "outbox", files=files), clock=self.now, entropy=entropy),
            clock=self.now,
            entropy=entropy,
            pages=pages_of(settings),
        )
        self._stopped = False
        self.connections = Connections()
        self._admission = Admission(self.sessions, self.connections, self._deny_set, settings=settings, clock=self.now)
        self._upkeep = Upkeep(
            Watcher(self._store, self._deny_set, self.connections, settings=settings, monotonic=monotonic),
            Sweep(self.connections, self.sessions, settings=settings, clock=self.now),
            self._store,
            self.now,
            loops=(
                Silence(self._deny_set, self.connections, settings=settings).run,
                self._standstill.run,
                *database.loops,
            ),
        )

    def _open_sessions(self, monotonic: Clock) -> Sessions:
        return Sessions(
            self._store,
            issuer=Issuer(
                key_ring=self.key_ring, auth_tokens=self._auth_tokens, settings=self.settings, entropy=self._entropy
            ),
            auth_tokens=self._auth_tokens,
            key_ring=self.key_ring,
            deny_set=self._deny_set,
            settings=self.settings,
            clock=self.now,
            monotonic=monotonic,
            entropy=self._entropy,
            # A book of its own: however many sessions refresh, they push no failed password out of memory.
            throttling=Throttling(monotonic, enabled=self.settings.throttle),
            standstill=self._standstill,
        )

    def add_tables(self, component: str, migrations: Path) -> None:
        """Numbered .sql files of an app's own tables, applied at start in the same database."""
        self._tables.append((component, migrations))

    def sealer(self, purpose: str) -> Sealer:
        """Seals what an app keeps, under keys of the ring that serve this purpose of the app's alone."""
        return Sealer(self.key_ring, f"app {purpose}", self._entropy)

    def when_ended(self, tell: Callable[[], None]) -> None:
        """`tell` is called when a session was ended by this node, so that an app can wake the others (`wake_up`) by
        whatever way it has. It is not waited for; where it fails, they find out within a second all the same."""
        self._store.when_ended(tell)

    def wake_up(self) -> None:
        """Another node has ended a session: looks at once, instead of within a second."""
        self._store.wake_up()

    async def start(self) -> None:
        """Opens the database, applies migrations, and follows the revocation feed. Raises ConfigurationError or
        StoreUnavailable."""
        if self._stopped:
            raise ConfigurationError("This Latchstring was stopped. Make a new one, with its app, for another start.")
        # Its rules take a moment to load: better now than in somebody's sign-in.
        device_name("")
        await self._database.start()
        try:
            for component, migrations in self._tables:
                await self.engine.migrate(component, migrations)
            await self._database.note_keys(self.key_ring)
            await self._upkeep.start()
        except BaseException:
            await self._upkeep.stop()
            await self.engine.stop()
            raise

    async def stop(self) -> None:
        """Closes every socket with 1012, finishes what was acknowledged, and lets go of the database. For good: the
        threads that hash are gone."""
        self._stopped = True
        async with AsyncExitStack() as stack:
            # The last of these first; each is done, whatever becomes of the one before.
            stack.push_async_callback(self.engine.stop)
            stack.callback(self._hasher.close)
            stack.push_async_callback(self._upkeep.stop)
            stack.push_async_callback(self.accounts.drain)
            stack.push_async_callback(self.connections.drain)

    @asynccontextmanager
    async def lifespan(self, _: Any = None) -> AsyncIterator[Mapping[str, Any]]:
        """For `Starlette(lifespan=auth.lifespan)`."""
        await self.start()
        try:
            yield {}
        finally:
            await self.stop()

    async def session(self, connection: HTTPConnection) -> SignedIn:
        """Who is signed in: `Depends(auth.session)` in FastAPI, `await auth.session(request)` in Starlette.

        For a WebSocket, call it before `accept`: a handshake without a live token is refused, and the socket closes
        when its session ends. Raises InvalidAuthToken, Superseded or Unavailable, which `install` has answers for.
        """
        if connection.scope["type"] == "websocket":
            return (await admit(connection.scope)).session
        return await authenticate(self.sessions, connection.scope)

    def install(self, app: Starlette, *, app_part: AppPart[Any] | None = None, accounts: bool = True) -> None:
        """Adds sign-in to a Starlette or FastAPI app: `/auth/*` and `/api/*` for its pages, the API tier at
        `/backend`, the browser's modules at `/latchstring`, and the life of the database to the app's own.
        `app_part` is what the app adds to signing in; without `accounts`, whom it signs in is its own affair."""
        api = self.api_tier(app_part=app_part, accounts=accounts)
        install(
            app,
            admission=self._admission,
            lifespan=self.lifespan,
            routes=[
                Mount("/backend", api),
                Mount("/latchstring", browser_modules()),
                *own_routes(api, self.web_tier(InProcess(api))),
            ],
        )

    def guard(self, app: ASGIApp) -> LiveGuard:
        """An ASGI app of WebSockets that are all guarded; it finds its Connection in `scope["latchstring"]`."""
        return LiveGuard(app, self._admission)

    def api_tier(
        self,
        extra_routes: Sequence[Call | BaseRoute] = (),
        *,
        app_part: AppPart[Any] | None = None,
        accounts: bool = True,
        lifespan: Lifespan[Starlette] | None = None,
    ) -> Starlette:
        """JSON and bearer tokens, for any client; an app's own calls beside ours. `accounts`: e-mail and password."""
        return build_api_tier(
            sessions=self.sessions,
            accounts=self.accounts if accounts else None,
            auth_tokens=self._auth_tokens,
            settings=self.settings,
            clock=self.now,
            health=self.health,
            app_part=app_part,
            extra_routes=extra_routes,
            lifespan=lifespan,
        )

    def web_tier(
        self,
        api: ApiClient,
        *,
        pages: Sequence[BaseRoute] = (),
        page_errors: Mapping[int, ErrorPage] | None = None,
    ) -> Starlette:
        """The backend-for-frontend of an app's own pages, which holds the refresh token in a sealed cookie."""
        return build_web_tier(
            api,
            settings=self.settings,
            key_ring=self.key_ring,
            entropy=self._entropy,
            pages=pages,
            page_errors=page_errors,
        )

    async def health(self) -> None:
        """Returns where this node can serve. Raises Unavailable where it cannot."""
        if self._deny_set.silent():
            raise FeedSilent("The revocation feed has not been heard for too long.")
        await self.engine.read(Statement("SELECT 1"))
