"""A password: whether it may be chosen, and whether it is somebody's."""

from collections.abc import Sequence

from latchstring.authenticating import SignedIn
from latchstring.core.account import Account
from latchstring.core.email import Email
from latchstring.core.password import PasswordRules, decide_password, sentence
from latchstring.errors import FieldTrouble, InvalidCredentials, InvalidRequest
from latchstring.hashing import PasswordHasher
from latchstring.ports import AccountStore, Statement
from latchstring.throttling import Throttling

WRONG_PASSWORD = "The current password is wrong."


class Passwords:
    def __init__(
        self, store: AccountStore, *, hasher: PasswordHasher, rules: PasswordRules, throttling: Throttling
    ) -> None:
        self._store = store
        self._hasher = hasher
        self._rules = rules
        self._throttling = throttling

    def troubles(self, path: str, password: str, words: Sequence[str]) -> list[FieldTrouble]:
        """Why it may not be chosen, if so; it is not made of the user's own `words`."""
        own = [part for word in words for part in (word, word.partition("@")[0])]
        trouble = decide_password(password, self._rules, own)
        return [FieldTrouble(path, sentence(trouble, password, self._rules))] if trouble else []

    def check_new(self, account: Account, new_password: str, confirmation: str) -> None:
        """Raises InvalidRequest."""
        troubles = self.troubles("new_password", new_password, [account.email])
        if confirmation != new_password:
            troubles.append(FieldTrouble("new_password_confirmation", "The two new passwords differ."))
        if troubles:
            raise InvalidRequest(fields=troubles)

    async def hash(self, password: str) -> str:
        """Raises Unavailable where too many wait."""
        return await self._hasher.hash(password)

    async def judge(self, address: Email | None, password: str) -> tuple[Account, Statement]:
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

    async def judge_again(self, signed_in: SignedIn, password: str) -> str:
        """The hash that the password of somebody who is signed in was right for."""
        with self._throttling.password_again(signed_in.session_id):
            encoded = await self._store.password_hash(signed_in.subject)
            if not await self._hasher.verify(encoded, password) or encoded is None:
                raise InvalidCredentials(WRONG_PASSWORD)
            return encoded
