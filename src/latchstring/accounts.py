"""Accounts: register, log in, and the ways to change and to recover one. Whoever has users of their own uses the
sessions alone."""

import uuid
from collections.abc import Awaitable, Callable, Sequence

from latchstring.changing import NO_EMAIL, Changing
from latchstring.core.account import Account
from latchstring.core.email import Email, read_email, typed_key
from latchstring.core.password import PasswordRules
from latchstring.errors import Conflict, EmailTaken, FieldTrouble, InvalidRequest, Unavailable
from latchstring.hashing import PasswordHasher
from latchstring.issuing import TokenPair, Visitor
from latchstring.letters import Letters, Pages
from latchstring.notices import Notices
from latchstring.passwords import Passwords
from latchstring.ports import AccountStore, Clock, Entropy, Mailer, Statement
from latchstring.post import Post
from latchstring.recovering import Recovering
from latchstring.sessions import Sessions
from latchstring.throttling import Throttling

RowsFor = Callable[[Account], Sequence[Statement]]
Reading = Callable[[Account], Awaitable[None]]
_TRIES = 3


class Accounts:
    """`changing` is for those who are signed in, `recovering` for those who have a mailed token."""

    def __init__(
        self,
        store: AccountStore,
        sessions: Sessions,
        *,
        hasher: PasswordHasher,
        rules: PasswordRules,
        throttling: Throttling,
        mailer: Mailer,
        clock: Clock,
        entropy: Entropy,
        pages: Pages | None = None,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._throttling = throttling
        self._clock = clock
        self._entropy = entropy
        self._post = Post()
        self._passwords = Passwords(store, hasher=hasher, rules=rules, throttling=throttling)
        letters = Letters(store, post=self._post, pages=pages or {}, mailer=mailer, clock=clock, entropy=entropy)
        notices = Notices(store, session_of=sessions.newest, post=self._post, mailer=mailer, clock=clock)
        sessions.when_replayed(notices.replayed)
        self.changing = Changing(
            store, sessions, passwords=self._passwords, throttling=throttling, letters=letters, notices=notices
        )
        self.recovering = Recovering(
            store,
            sessions,
            passwords=self._passwords,
            throttling=throttling,
            letters=letters,
            notices=notices,
            clock=clock,
        )

    async def register(
        self,
        email: str,
        password: str,
        *,
        remembered: bool,
        visitor: Visitor,
        words: Sequence[str] = (),
        replaces: str | None = None,
        also: RowsFor = lambda _: (),
    ) -> tuple[Account, TokenPair]:
        """A new account and its first session; the app's rows of `also` are written with them, or none of all.

        `words` are the user's own, which the password may not be. Raises InvalidRequest, TooManyRequests, EmailTaken
        or Unavailable. A taken address costs a hash as a free one does.
        """
        address = self._checked(email, password, words)
        self._throttling.registration(visitor.address)
        encoded = await self._passwords.hash(password)
        account = self._new_account(address)
        rows = [self._store.account_row(account, encoded), *also(account)]
        try:
            pair = await self._sessions.start(
                account.id, remembered=remembered, visitor=visitor, replaces=replaces, also=rows
            )
        except Conflict:
            # The app's rows may have been what conflicted: that is the app's fault, and no taken address.
            if await self._store.account_by_email(address.key):
                raise EmailTaken from None
            raise
        self._throttling.signed_in_from(address.key, visitor.address)
        return account, pair

    def _checked(self, email: str, password: str, words: Sequence[str]) -> Email:
        address = read_email(email)
        troubles = [] if address else [FieldTrouble("email", NO_EMAIL)]
        troubles += self._passwords.troubles("password", password, [email, *words])
        if address is None or troubles:
            raise InvalidRequest(fields=troubles)
        return address

    def _new_account(self, address: Email) -> Account:
        account_id = str(uuid.UUID(bytes=self._entropy(16), version=4))
        return Account(id=account_id, email=address.text, email_key=address.key, inserted_at=self._clock())

    async def log_in(
        self,
        email: str,
        password: str,
        *,
        remembered: bool,
        visitor: Visitor,
        replaces: str | None = None,
        before: Reading | None = None,
    ) -> tuple[Account, TokenPair]:
        """A new session for whoever knows the password. Raises InvalidCredentials, TooManyRequests or Unavailable.

        One hash for every try, whether the address has an account or not. `before` reads what the answer will need
        when the password was right, and no session is there yet: where it fails, nothing has begun and nothing ended.
        """
        with self._throttling.signing_in(typed_key(email), visitor.address):
            for _ in range(_TRIES):
                account, unchanged = await self._passwords.judge(read_email(email), password)
                if before is not None:
                    await before(account)
                try:
                    pair = await self._sessions.start(
                        account.id, remembered=remembered, visitor=visitor, replaces=replaces, also=[unchanged]
                    )
                except Conflict:
                    continue
                return account, pair
        raise Unavailable("The password was changed again and again.")

    async def account(self, account_id: str) -> Account | None:
        return await self._store.account(account_id)

    async def find(self, email: str) -> Account | None:
        """The account of a whole e-mail address, however it is spelled; None also for what is no address."""
        address = read_email(email)
        found = await self._store.account_by_email(address.key) if address else None
        return found[0] if found else None

    async def drain(self) -> None:
        """Returns when the mails behind answers have been handed over."""
        await self._post.drain()
