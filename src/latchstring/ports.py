"""What the use cases need from the outside: a database engine, the stores that speak through it, and a mailer.

Each verb is atomic: it happens whole or not at all. `now` is always an argument (Unix milliseconds), so that no
implementation reads a clock. Every verb may raise StoreUnavailable, and has then changed nothing; but where a server
was lost at the commit itself, nobody can know, so each is one that may be asked again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from latchstring.core.account import Account, MailedToken, MailPurpose
from latchstring.core.rotation import AfterPresentation, Presentation
from latchstring.core.session import Ending, Session
from latchstring.errors import EndReason

Clock = Callable[[], int]
"""Unix time in milliseconds; where it is called `monotonic`, milliseconds that never jump."""
Entropy = Callable[[int], bytes]
"""That many bytes from the system's entropy."""

Value = str | int | float | bytes | None
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement with `:name` placeholders, as both engines know it.

    With `needs_row`, a statement that returns no row rolls its whole transaction back and raises Conflict.
    `key` says that it touches the one row of that key, returns it, and is written alone: engines may then send those
    that come together in one round trip. `dialect` names the one database that runs it: another answers no rows.
    """

    sql: str
    params: Mapping[str, Value] = field(default_factory=dict, repr=False)
    needs_row: bool = False
    key: str | None = None
    dialect: str | None = None


class Engine(Protocol):
    """A database. An app keeps its own tables through the same one.

    Each statement of a write sees what was committed before it began (READ COMMITTED, or one writer at a time).
    """

    async def start(self) -> None:
        """Opens the database, making it if it is not there. Raises ConfigurationError or StoreUnavailable."""

    async def stop(self) -> None:
        """Finishes what was acknowledged, and closes."""

    async def read(self, statement: Statement) -> list[Row]:
        """The rows of a SELECT, from the newest committed state."""

    async def write(self, *statements: Statement) -> list[list[Row]]:
        """Runs the statements in one transaction and returns the rows of each; durable when it returns.

        Raises Conflict (rolled back; also for a broken UNIQUE constraint) or StoreUnavailable (nothing was kept).
        """

    async def migrate(self, component: str, folder: Path) -> None:
        """Applies the component's numbered .sql files that have not been applied, in order, each in a transaction."""


class SessionStore(Protocol):
    async def insert_session(
        self, session: Session, *, ends: str | None = None, also: Sequence[Statement] = ()
    ) -> None:
        """Writes a new session and the app's own rows; ends session `ends`, if it lives, as "signed_out"."""

    async def session(self, session_id: str) -> Session | None: ...

    async def present(self, presentation: Presentation) -> AfterPresentation | None:
        """What `decide_rotation` says, as one conditional write; None where the row took no part (path 7)."""

    async def confirm(self, session_id: str, generation: int, now: int, condemned_limit: int = 4096) -> bool:
        """Proof of receipt: base := head, if `generation` is a pending, uncontested head. True if this call did it."""

    async def end_session(self, session_id: str, reason: EndReason, now: int, *, subject: str | None = None) -> bool:
        """Ends a session that lives (and, if given, is the subject's), and writes the feed with it."""

    async def end_sessions(
        self,
        subject: str,
        reason: EndReason,
        now: int,
        *,
        but: str | None = None,
        also: Sequence[Statement] = (),
    ) -> list[str]:
        """Ends all of the subject's sessions that live, but one, and writes the feed; the ids of those it ended.

        `also` is written in the same transaction, before the sessions end.
        """

    async def sessions_of(self, subject: str, now: int) -> list[Session]:
        """The subject's live sessions, the most recently seen first."""

    async def forget_ended(self, before: int) -> int:
        """Deletes sessions that ended or lapsed before that time, and feed rows as old; how many sessions."""


class Feed(Protocol):
    """The order in which sessions ended, to be followed by cursor."""

    async def feed_position(self) -> int:
        """The position of the newest ending, 0 if there is none."""

    async def feed_after(self, position: int, limit: int = 1000) -> list[Ending]:
        """The endings after that position, oldest first."""

    async def feed_changed(self) -> None:
        """Returns when there may be more to read since this call's last return: a wake-up, never a guarantee."""


class AccountStore(Protocol):
    """Accounts and mailed tokens. What belongs into one transaction with a session is handed out as statements."""

    async def account(self, account_id: str) -> Account | None: ...

    async def account_by_email(self, email_key: str) -> tuple[Account, str] | None:
        """The account and its password hash."""

    async def password_hash(self, account_id: str) -> str | None: ...

    async def mailed_token(self, digest: bytes, purpose: MailPurpose, now: int) -> MailedToken | None:
        """A mailed token that still works at `now`; reading it spends nothing."""

    async def write(self, *statements: Statement) -> None:
        """Writes statements in one transaction. Raises Conflict."""

    def account_row(self, account: Account, password_hash: str) -> Statement:
        """A new account; Conflict where the e-mail is taken."""

    def new_password(self, account_id: str, password_hash: str, *, instead_of: str | None = None) -> Statement:
        """Conflict where the stored hash is no longer `instead_of` (a rehash must not undo a change)."""

    def new_email(self, account: Account) -> Statement:
        """Writes the account's e-mail and confirmation time; Conflict where the e-mail is taken."""

    def mailed_token_row(self, token: MailedToken) -> Statement: ...

    def mailed_token_spent(self, digest: bytes, purpose: MailPurpose, now: int) -> Statement:
        """Deletes a mailed token that still works; Conflict where there is none: it is good for one use."""

    def mailed_tokens_gone(self, account_id: str, purpose: MailPurpose | None = None) -> Statement:
        """Deletes the account's mailed tokens of that purpose, or all."""


class Mailer(Protocol):
    """How mail leaves: the one thing that an app with real users has to bring."""

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hands a mail over. Raises Unavailable if that fails."""
