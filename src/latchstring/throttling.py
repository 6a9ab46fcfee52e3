"""Who has tried how often lately, on this node: bounded, in memory, forgotten at a restart."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from latchstring.core.throttle import Level, Rate, decide_throttle, network_of, refunded, spent
from latchstring.errors import InvalidCredentials, TooManyRequests
from latchstring.ports import Clock

T = TypeVar("T")

PASSWORDS_PER_ACCOUNT = Rate(burst=10, seconds=60)
"""Wrong passwords for one account: ten at once, then one a minute. 1,440 guesses a day find no listed password, since
those are refused at registration."""
PASSWORDS_PER_NETWORK = Rate(burst=100, seconds=3)
"""Wrong passwords from one network, whoever they are for: a school behind one address does not reach it."""
REGISTRATIONS_PER_NETWORK = Rate(burst=200, seconds=2)
"""New accounts from one network, taken addresses included: each one costs a hash."""
PRESENTATIONS_PER_SESSION = Rate(burst=180, seconds=60)
"""Refresh tokens of one session from one network: an honest browser shows five an hour, a reload one more. A thief who
shows a copy every few seconds, to be there in the very moment in which the victim refreshes, is out of tries before."""
MAILS_PER_ACCOUNT = Rate(burst=5, seconds=120)
"""Mails to one address, so that nobody fills a stranger's mailbox through us."""
MAILS_PER_NETWORK = Rate(burst=100, seconds=10)

CAPACITY = 100_000
"""Buckets and known networks that are remembered, each. The one used longest ago goes first: to push out another's,
a stranger has to fail for 100,000 accounts, which takes the budgets of a thousand networks."""


class Throttling:
    """Known and unknown accounts are counted alike, by a digest of what was typed. Raises TooManyRequests.

    `monotonic` counts milliseconds and never jumps, so that a corrected clock locks nobody out.
    """

    def __init__(self, monotonic: Clock, *, enabled: bool = True, capacity: int = CAPACITY) -> None:
        self._monotonic = monotonic
        self._enabled = enabled
        self._capacity = capacity
        self._full_at: OrderedDict[bytes, int] = OrderedDict()
        self._known: OrderedDict[bytes, None] = OrderedDict()

    @contextmanager
    def signing_in(self, email_key: str, address: str) -> Iterator[None]:
        """Around one try of a password by somebody who is not signed in.

        A network from which the account was signed in to before has a bucket of its own, and none in common with
        strangers: they cannot lock the owner out.
        """
        network = network_of(address)
        with self._one_password(self._sign_in_buckets(email_key, network)):
            yield
        self.signed_in_from(email_key, address)

    @contextmanager
    def password_again(self, session_id: str) -> Iterator[None]:
        """The same for somebody who is signed in: a session that was left open is no place to guess from."""
        with self._one_password([(_key("session", session_id), PASSWORDS_PER_ACCOUNT)]):
            yield

    def signed_in_from(self, email_key: str, address: str) -> None:
        _remember(self._known, _key("known", email_key, network_of(address)), None, self._capacity)

    def presentation(self, session_id: str, address: str) -> None:
        self._spend([(_key("presentation", session_id, network_of(address)), PRESENTATIONS_PER_SESSION)])

    def registration(self, address: str) -> None:
        self._spend([(_key("registration", network_of(address)), REGISTRATIONS_PER_NETWORK)])

    def mail(self, email_key: str, address: str | None = None) -> None:
        """`address` is given where a stranger may ask, too: what strangers spend is not the owner's."""
        buckets = [(_key("own mail" if address is None else "mail", email_key), MAILS_PER_ACCOUNT)]
        if address is not None:
            buckets.append((_key("mail from", network_of(address)), MAILS_PER_NETWORK))
        self._spend(buckets)

    @contextmanager
    def _one_password(self, buckets: Sequence[tuple[bytes, Rate]]) -> Iterator[None]:
        """Spent beforehand, so that a hundred tries at once are a hundred; given back to whoever was right, and where
        the try was not judged. Not to whoever hung up: that would make guesses free."""
        self._spend(buckets)
        try:
            yield
        except InvalidCredentials:
            raise
        except Exception:
            self._refund(buckets)
            raise
        self._refund(buckets)

    def _sign_in_buckets(self, email_key: str, network: str) -> list[tuple[bytes, Rate]]:
        known = _key("known", email_key, network)
        if known in self._known:
            self._known.move_to_end(known)
            return [(known, PASSWORDS_PER_ACCOUNT)]
        return [
            (_key("password", email_key), PASSWORDS_PER_ACCOUNT),
            (_key("password from", network), PASSWORDS_PER_NETWORK),
        ]

    def _spend(self, buckets: Sequence[tuple[bytes, Rate]]) -> None:
        if not self._enabled:
            return
        now = self._monotonic()
        levels = [Level(self._full_at.get(key, 0), rate) for key, rate in buckets]
        wait = decide_throttle(levels, now)
        if wait > 0:
            raise TooManyRequests(-(-wait // 1000))
        for (key, _), level in zip(buckets, levels, strict=True):
            _remember(self._full_at, key, spent(level, now), self._capacity)

    def _refund(self, buckets: Sequence[tuple[bytes, Rate]]) -> None:
        for key, rate in buckets:
            if key in self._full_at:
                self._full_at[key] = refunded(Level(self._full_at[key], rate))


def _key(*parts: str) -> bytes:
    """Of one size however long the parts are, and no list of addresses for whoever reads the memory."""
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _remember(book: OrderedDict[bytes, T], key: bytes, value: T, capacity: int) -> None:
    book[key] = value
    book.move_to_end(key)
    if len(book) > capacity:
        book.popitem(last=False)
