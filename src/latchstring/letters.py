"""Mailed tokens on their way: minted, stored as a digest, mailed, read, and spent."""

import asyncio
import logging

from latchstring.core import mailed_token
from latchstring.core.account import Account, MailedToken, MailPurpose
from latchstring.errors import InvalidMailedToken, LatchstringError, Unavailable
from latchstring.ports import AccountStore, Clock, Entropy, Mailer, Statement

log = logging.getLogger("latchstring.letters")

POST_LIMIT = 1000
"""Mails that may be under way behind answers that have been given."""


class Letters:
    def __init__(self, store: AccountStore, *, mailer: Mailer, clock: Clock, entropy: Entropy) -> None:
        self._store = store
        self._mailer = mailer
        self._clock = clock
        self._entropy = entropy
        self._posted: set[asyncio.Task[None]] = set()

    async def send(self, account: Account, purpose: MailPurpose) -> None:
        """Mails a token to the account's address; an older one for the same purpose is no good any more.

        It goes to the address that is stored, never to the one that was typed: two that compare equal may still be
        two mailboxes. Raises Unavailable.
        """
        secret = self._entropy(mailed_token.SECRET_LENGTH)
        token = MailedToken(
            digest=mailed_token.digest(secret, purpose),
            account_id=account.id,
            purpose=purpose,
            email_key=account.email_key,
            expires_at=self._clock() + 1000 * mailed_token.LIFETIME_SECONDS[purpose],
        )
        await self._store.write(
            self._store.mailed_tokens_gone(account.id, purpose), self._store.mailed_token_row(token)
        )
        subject, text = mailed_token.letter(purpose, mailed_token.encode(secret))
        await self._mailer.send(account.email, subject, text)

    def post(self, account: Account, purpose: MailPurpose) -> None:
        """Sends behind the answer, which therefore takes no longer for an address that has an account.

        A mail that fails there is logged, and its owner asks again. Raises Unavailable where too many are under way.
        """
        if len(self._posted) >= POST_LIMIT:
            raise Unavailable("Too many mails are under way.")
        task = asyncio.create_task(self._send_quietly(account, purpose))
        self._posted.add(task)
        task.add_done_callback(self._posted.discard)

    async def read(self, text: str, purpose: MailPurpose) -> tuple[Account, Statement]:
        """Whose token it is, and the statement that spends it. Raises InvalidMailedToken; spends nothing.

        The token is good for the address it went to alone: after a change of address it is nobody's.
        """
        secret = mailed_token.decode(text)
        if secret is None:
            raise InvalidMailedToken
        digest, now = mailed_token.digest(secret, purpose), self._clock()
        token = await self._store.mailed_token(digest, purpose, now)
        account = await self._store.account(token.account_id) if token else None
        if token is None or account is None or account.email_key != token.email_key:
            raise InvalidMailedToken
        return account, self._store.mailed_token_spent(digest, purpose, now)

    async def drain(self) -> None:
        """Returns when all that was posted has been sent, or has failed."""
        while self._posted:
            await asyncio.wait(self._posted)

    async def _send_quietly(self, account: Account, purpose: MailPurpose) -> None:
        try:
            await self.send(account, purpose)
        except LatchstringError as trouble:
            log.warning("a mail (%s) for account %s was not sent: %s", purpose, account.id, type(trouble).__name__)
