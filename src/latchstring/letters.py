"""Mailed tokens on their way: minted, stored as a digest, mailed, read, and spent."""

from collections.abc import Mapping

from latchstring.core import mailed_token
from latchstring.core.account import Account, MailedToken, MailPurpose
from latchstring.errors import InvalidMailedToken
from latchstring.ports import AccountStore, Clock, Entropy, Mailer, Statement
from latchstring.post import Post
from latchstring.settings import Settings

Pages = Mapping[MailPurpose, str]
"""Where the link of a letter leads, in full. A letter without one has the code alone."""


def pages_of(settings: Settings) -> Pages:
    """Made of the public address that was set, never of what a request calls us: its sender chose that."""
    paths: dict[MailPurpose, str | None] = {
        "password_reset": settings.reset_page,
        "email_confirm": settings.confirm_page,
    }
    return {purpose: settings.base_url + path for purpose, path in paths.items() if path is not None}


class Letters:
    def __init__(
        self, store: AccountStore, *, post: Post, pages: Pages, mailer: Mailer, clock: Clock, entropy: Entropy
    ) -> None:
        self._store = store
        self._post = post
        self._pages = pages
        self._mailer = mailer
        self._clock = clock
        self._entropy = entropy

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
        subject, text = mailed_token.letter(purpose, mailed_token.encode(secret), self._pages.get(purpose))
        await self._mailer.send(account.email, subject, text)

    def post(self, account: Account, purpose: MailPurpose) -> None:
        """Sends behind the answer, which therefore takes no longer for an address that has an account.

        A mail that fails there is logged, and its owner asks again. Raises Unavailable where too many are under way.
        """
        self._post.send(purpose, account.id, lambda: self.send(account, purpose))

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
