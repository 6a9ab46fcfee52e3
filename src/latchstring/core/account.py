"""The account: who somebody is, for apps without a user table of their own. Sessions know nothing of it."""

from dataclasses import dataclass, field
from typing import Literal

MailPurpose = Literal["email_confirm", "email_change", "password_reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Times are Unix milliseconds. `email` is as its owner writes it; `email_key` is what is compared."""

    id: str
    email: str
    email_key: str
    confirmed_at: int | None = None
    inserted_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedToken:
    """What is stored of a token that was mailed: a digest, for one purpose, one account and one address."""

    digest: bytes = field(repr=False)
    account_id: str
    purpose: MailPurpose
    email_key: str
    expires_at: int
