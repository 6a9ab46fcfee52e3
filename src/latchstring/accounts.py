"""Accounts: register, log in, change and recover. Whoever has users of their own uses the sessions alone."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from latchstring.authenticating import SignedIn
from latchstring.core.account import Account
from latchstring.core.email import Email, read_email, typed_key
from latchstring.core.password import PasswordRules, decide_password, sentence
from latchstring.errors import (
    Conflict,
    EmailTaken,
    FieldTrouble,
    InvalidAuthToken,
    InvalidCredentials,
    InvalidMailedToken,
    InvalidRequest,
    Unavailable,
)
from latchstring.hashing import PasswordHasher
from latchstring.issuing import TokenPair, Visitor
from latchstring.letters import Letters, Pages
from latchstring.notices import Notices
from latchstring.ports import AccountStore, Clock, Entropy, Mailer, Statement
from latchstring.post import Post
from latchstring.sessions import Sessions
from latchstring.throttling import Throttling

RowsFor = Callable[[Account], Sequence[Statement]]
Reading = Callable[[Account], Awaitable[None]]
_TRIES = 3


class Accounts:
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
        self._hasher = hasher
        self._rules = rules
        self._throttling = throttling
        self._post = Post()
        self._letters = Letters(store, post=self._post, pages=pages or {}, mailer=mailer, clock=clock, entropy=entropy)
        self._notices = Notices(store, session_of=sessions.newest, post=self._post, mailer=mailer, clock=clock)
        sessions.when_replayed(self._notices.replayed)
        self._clock = clock
        self._entropy = entropy

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
        encoded = await self._hasher.hash(password)
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
                account, unchanged = await self._judged(read_email(email), password)
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

    async def change_password(
        self, signed_in: SignedIn, password: str, new_password: str, new_password_confirmation: str
    ) -> None:
        """Every other session ends, and mailed tokens die, in the same write; the owner is told by mail.

        Raises InvalidRequest, InvalidCredentials, TooManyRequests or Unavailable.
        """
        account = await self._own(signed_in)
        self._check_new_password(account, new_password, new_password_confirmation)
        judged = await self._judged_again(signed_in, password)
        encoded = await self._hasher.hash(new_password)
        also = [
            self._store.new_password(account.id, encoded, instead_of=judged),
            self._store.mailed_tokens_gone(account.id),
        ]
        try:
            await self._sessions.end_all(account.id, reason="password_changed", but=signed_in.session_id, also=also)
        except Conflict:
            raise InvalidCredentials(_WRONG_PASSWORD) from None
        self._notices.changed(account, "password_changed", signed_in.session_id)

    async def change_email(self, signed_in: SignedIn, token: str, email: str, password: str) -> None:
        """The new address starts unconfirmed, and mailed tokens die, since they went to the old one, which is told.

        Raises InvalidRequest, InvalidCredentials, InvalidMailedToken, EmailTaken, TooManyRequests or Unavailable.
        """
        address = read_email(email)
        if address is None:
            raise InvalidRequest(fields=[FieldTrouble("email", _NO_EMAIL)])
        await self._judged_again(signed_in, password)
        account, spent = await self._letters.read(token, "email_change")
        if account.id != signed_in.subject:
            raise InvalidMailedToken
        confirmed_at = account.confirmed_at if address.key == account.email_key else None
        changed = replace(account, email=address.text, email_key=address.key, confirmed_at=confirmed_at)
        try:
            await self._store.write(spent, self._store.new_email(changed), self._store.mailed_tokens_gone(account.id))
        except Conflict:
            holder = await self._store.account_by_email(address.key)
            raise (EmailTaken if holder and holder[0].id != account.id else InvalidMailedToken) from None
        # Compared as written: two spellings of what is one address to us may be two mailboxes.
        if changed.email != account.email:
            self._notices.changed(account, "email_changed", signed_in.session_id)

    async def request_confirmation(self, signed_in: SignedIn) -> None:
        """Mails a token that confirms the account's address. Raises TooManyRequests or Unavailable."""
        account = await self._own(signed_in)
        self._throttling.mail(account.email_key)
        await self._letters.send(account, "email_confirm")

    async def confirm_email(self, token: str) -> None:
        """Raises InvalidMailedToken or Unavailable."""
        account, spent = await self._letters.read(token, "email_confirm")
        try:
            await self._store.write(spent, self._store.new_email(replace(account, confirmed_at=self._clock())))
        except Conflict:
            raise InvalidMailedToken from None

    async def request_email_change(self, signed_in: SignedIn) -> None:
        """Mails a token to the present address, without which it is not changed. As `request_confirmation`."""
        account = await self._own(signed_in)
        self._throttling.mail(account.email_key)
        await self._letters.send(account, "email_change")

    async def request_password_reset(self, email: str, visitor: Visitor) -> None:
        """One read for known and unknown addresses alike; token and mail are made behind the answer.

        Raises TooManyRequests, which both reach alike, or Unavailable.
        """
        self._throttling.mail(typed_key(email), visitor.address)
        address = read_email(email)
        found = await self._store.account_by_email(address.key) if address else None
        if found:
            self._letters.post(found[0], "password_reset")

    async def read_reset_token(self, token: str) -> Account:
        """Whose reset token it is; spends nothing. Raises InvalidMailedToken."""
        account, _ = await self._letters.read(token, "password_reset")
        return account

    async def reset_password(self, token: str, new_password: str, new_password_confirmation: str) -> None:
        """Every session ends, and every mailed token dies, in the same write; the owner is told by mail.

        Raises InvalidMailedToken, InvalidRequest (the token is not spent by it) or Unavailable.
        """
        account, spent = await self._letters.read(token, "password_reset")
        self._check_new_password(account, new_password, new_password_confirmation)
        encoded = await self._hasher.hash(new_password)
        also = [
            spent,
            self._store.new_password(account.id, encoded),
            self._store.mailed_tokens_gone(account.id),
        ]
        try:
            await self._sessions.end_all(account.id, reason="password_changed", also=also)
        except Conflict:
            raise InvalidMailedToken from None
        self._notices.changed(account, "password_reset")

    async def drain(self) -> None:
        """Returns when the mails behind answers have been handed over."""
        await self._post.drain()

    def _checked(self, email: str, password: str, words: Sequence[str]) -> Email:
        address = read_email(email)
        troubles = [] if address else [FieldTrouble("email", _NO_EMAIL)]
        troubles += self._password_troubles("password", password, [email, *words])
        if address is None or troubles:
            raise InvalidRequest(fields=troubles)
        return address

    def _check_new_password(self, account: Account, new_password: str, confirmation: str) -> None:
        troubles = self._password_troubles("new_password", new_password, [account.email])
        if confirmation != new_password:
            troubles.append(FieldTrouble("new_password_confirmation", "The two new passwords differ."))
        if troubles:
            raise InvalidRequest(fields=troubles)

    def _password_troubles(self, path: str, password: str, words: Sequence[str]) -> list[FieldTrouble]:
        own = [part for word in words for part in (word, word.partition("@")[0])]
        trouble = decide_password(password, self._rules, own)
        return [FieldTrouble(path, sentence(trouble, password, self._rules))] if trouble else []

    def _new_account(self, address: Email) -> Account:
        account_id = str(uuid.UUID(bytes=self._entropy(16), version=4))
        return Account(id=account_id, email=address.text, email_key=address.key, inserted_at=self._clock())

    async def _judged(self, address: Email | None, password: str) -> tuple[Account, Statement]:
        """The account whose password it is, and the statement that rehashes it where the hash is an old one.

        The statement also keeps out whoever logs in by a password that is changed in this moment: the change ends the
        sessions that are there, and a new one is written only where the hash is still the one that was judged.
        """
        found = await self._store.account_by_email(address.key) if address else None
        right = await self._hasher.verify(found[1] if found else None, password)
        if found is None or not right:
            raise InvalidCredentials
        account, judged = found
        encoded = await self._hasher.hash(password) if self._hasher.needs_rehash(judged) else judged
        return account, self._store.new_password(account.id, encoded, instead_of=judged)

    async def _judged_again(self, signed_in: SignedIn, password: str) -> str:
        """The hash that the password of somebody who is signed in was right for."""
        with self._throttling.password_again(signed_in.session_id):
            encoded = await self._store.password_hash(signed_in.subject)
            if not await self._hasher.verify(encoded, password) or encoded is None:
                raise InvalidCredentials(_WRONG_PASSWORD)
            return encoded

    async def _own(self, signed_in: SignedIn) -> Account:
        """The account of whoever is signed in. A subject without one was not signed in by us."""
        account = await self._store.account(signed_in.subject)
        if account is None:
            raise InvalidAuthToken
        return account


_NO_EMAIL = "This is no e-mail address. It looks like name@example.org."
_WRONG_PASSWORD = "The current password is wrong."
