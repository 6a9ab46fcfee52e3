"""Tells owners by mail what happened to their account, behind the answer: a failing mailer changes none.

A notice is sent once. If the node dies or the mail fails, what is left is the log's line and the session's reason.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from latchstring.core.account import Account
from latchstring.core.notice import NoticeKind, notice
from latchstring.core.session import Session
from latchstring.errors import Unavailable
from latchstring.ports import AccountStore, Clock, Mailer
from latchstring.post import Post

log = logging.getLogger("latchstring.letters")

SessionOf = Callable[[str], Awaitable[Session | None]]


class Notices:
    def __init__(self, store: AccountStore, *, session_of: SessionOf, post: Post, mailer: Mailer, clock: Clock) -> None:
        self._store = store
        self._session_of = session_of
        self._post = post
        self._mailer = mailer
        self._clock = clock

    def replayed(self, subject: str, session_id: str) -> None:
        """A spent refresh token was presented. A subject without an account is a user of the app's own, who is the
        app's to tell."""
        now = self._clock()

        async def sending() -> None:
            if account := await self._store.account(subject):
                await self._tell(account, "replayed", session_id, now)

        self._behind(subject, "replayed", sending)

    def changed(self, account: Account, kind: NoticeKind, session_id: str | None = None) -> None:
        """`account` as it was before: the notice goes to the address from which somebody may have been driven out."""
        now = self._clock()
        self._behind(account.id, kind, lambda: self._tell(account, kind, session_id, now))

    def _behind(self, account_id: str, kind: NoticeKind, sending: Callable[[], Awaitable[None]]) -> None:
        try:
            self._post.send(kind, account_id, sending)
        except Unavailable as trouble:
            log.warning("a mail (%s) for account %s was not sent: %s", kind, account_id, trouble)

    async def _tell(self, account: Account, kind: NoticeKind, session_id: str | None, now: int) -> None:
        session = await self._session_of(session_id) if session_id else None
        device = f"{session.device}, signed in since {_in_words(session.inserted_at)}" if session else None
        subject, text = notice(kind, _in_words(now), device)
        await self._mailer.send(account.email, subject, text)


def _in_words(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
