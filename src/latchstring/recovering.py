"""What a mailed token is good for, without being signed in: a confirmed address, and a new password."""

from dataclasses import replace

from latchstring.core.account import Account
from latchstring.core.email import read_email, typed_key
from latchstring.errors import Conflict, InvalidMailedToken
from latchstring.issuing import Visitor
from latchstring.letters import Letters
from latchstring.notices import Notices
from latchstring.passwords import Passwords
from latchstring.ports import AccountStore, Clock
from latchstring.sessions import Sessions
from latchstring.throttling import Throttling


class Recovering:
    def __init__(
        self,
        store: AccountStore,
        sessions: Sessions,
        *,
        passwords: Passwords,
        throttling: Throttling,
        letters: Letters,
        notices: Notices,
        clock: Clock,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._passwords = passwords
        self._throttling = throttling
        self._letters = letters
        self._notices = notices
        self._clock = clock

    async def confirm_email(self, token: str) -> None:
        """Raises InvalidMailedToken or Unavailable."""
        account, spent = await self._letters.read(token, "email_confirm")
        try:
            await self._store.write(spent, self._store.new_email(replace(account, confirmed_at=self._clock())))
        except Conflict:
            raise InvalidMailedToken from None

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
        self._passwords.check_new(account, new_password, new_password_confirmation)
        encoded = await self._passwords.hash(new_password)
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
