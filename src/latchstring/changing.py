"""What people change of their account while they are signed in: password and e-mail address."""

from dataclasses import replace

from latchstring.authenticating import SignedIn
from latchstring.core.account import Account
from latchstring.core.email import read_email
from latchstring.errors import (
    Conflict,
    EmailTaken,
    FieldTrouble,
    InvalidAuthToken,
    InvalidCredentials,
    InvalidMailedToken,
    InvalidRequest,
)
from latchstring.letters import Letters
from latchstring.notices import Notices
from latchstring.passwords import WRONG_PASSWORD, Passwords
from latchstring.ports import AccountStore
from latchstring.sessions import Sessions
from latchstring.throttling import Throttling

NO_EMAIL = "This is no e-mail address. It looks like name@example.org."


class Changing:
    """A subject without an account was not signed in by us: InvalidAuthToken, from each of these."""

    def __init__(
        self,
        store: AccountStore,
        sessions: Sessions,
        *,
        passwords: Passwords,
        throttling: Throttling,
        letters: Letters,
        notices: Notices,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._passwords = passwords
        self._throttling = throttling
        self._letters = letters
        self._notices = notices

    async def change_password(
        self, signed_in: SignedIn, password: str, new_password: str, new_password_confirmation: str
    ) -> None:
        """Every other session ends, and mailed tokens die, in the same write; the owner is told by mail.

        Raises InvalidRequest, InvalidCredentials, TooManyRequests or Unavailable.
        """
        account = await self._own(signed_in)
        self._passwords.check_new(account, new_password, new_password_confirmation)
        judged = await self._passwords.judge_again(signed_in, password)
        encoded = await self._passwords.hash(new_password)
        also = [
            self._store.new_password(account.id, encoded, instead_of=judged),
            self._store.mailed_tokens_gone(account.id),
        ]
        try:
            await self._sessions.end_all(account.id, reason="password_changed", but=signed_in.session_id, also=also)
        except Conflict:
            raise InvalidCredentials(WRONG_PASSWORD) from None
        self._notices.changed(account, "password_changed", signed_in.session_id)

    async def request_email_change(self, signed_in: SignedIn) -> None:
        """Mails a token to the present address, without which it is not changed.

        Raises TooManyRequests or Unavailable.
        """
        account = await self._own(signed_in)
        self._throttling.mail(account.email_key)
        await self._letters.send(account, "email_change")

    async def change_email(self, signed_in: SignedIn, token: str, email: str, password: str) -> None:
        """The new address starts unconfirmed, and mailed tokens die, since they went to the old one, which is told.

        Raises InvalidRequest, InvalidCredentials, InvalidMailedToken, EmailTaken, TooManyRequests or Unavailable.
        """
        address = read_email(email)
        if address is None:
            raise InvalidRequest(fields=[FieldTrouble("email", NO_EMAIL)])
        await self._passwords.judge_again(signed_in, password)
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

    async def _own(self, signed_in: SignedIn) -> Account:
        """The account of whoever is signed in. A subject without one was not signed in by us."""
        account = await self._store.account(signed_in.subject)
        if account is None:
            raise InvalidAuthToken
        return account
