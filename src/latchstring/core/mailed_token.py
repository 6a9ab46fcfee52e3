"""Mailed tokens: what a link or a code in a mail carries. Only a digest of them is ever stored."""

import base64
import hashlib
import re

from latchstring.core.account import MailPurpose

SECRET_LENGTH = 32
"""Bytes of entropy in a mailed token: nobody guesses one, so no key needs to vouch for it."""
TEXT_LENGTH = 43
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")

LIFETIME_SECONDS: dict[MailPurpose, int] = {
    "email_confirm": 7 * 86_400,
    "email_change": 3_600,
    "password_reset": 3_600,
}

_LETTERS: dict[MailPurpose, tuple[str, str]] = {
    "email_confirm": (
        "Confirm your e-mail address",
        "Somebody, hopefully you, asked to confirm that this e-mail address is yours. This {} does it:",
    ),
    "email_change": (
        "Change your e-mail address",
        "Somebody who is signed in asked to change your e-mail address. It takes your password and this {}:",
    ),
    "password_reset": (
        "Choose a new password",
        "Somebody, hopefully you, asked for a new password. This {} sets one, and signs you out everywhere:",
    ),
}


def encode(secret: bytes) -> str:
    """The token's text: 32 bytes in base64url without padding (RFC 4648 section 5)."""
    if len(secret) != SECRET_LENGTH:
        raise ValueError(f"a mailed token has {SECRET_LENGTH} bytes")
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def decode(text: str) -> bytes | None:
    """The secret, or None for what no `encode` has written: each token has one spelling only."""
    if _FORM.fullmatch(text) is None:
        return None
    secret = base64.urlsafe_b64decode(text + "=")
    return secret if encode(secret) == text else None


def digest(secret: bytes, purpose: MailPurpose) -> bytes:
    """What is stored. The purpose goes in, so that a token of one kind has no row of another."""
    return hashlib.sha256(f"latchstring mailed token {purpose}\0".encode() + secret).digest()


def letter(purpose: MailPurpose, token: str, page: str | None = None) -> tuple[str, str]:
    """Subject and text of the mail, with a link where there is a page to lead to. The token is a line of its own, too.

    In the link it is the fragment: browsers send that to no server, so it is in no log and in no Referer.
    """
    subject, opening = _LETTERS[purpose]
    hours = LIFETIME_SECONDS[purpose] // 3600
    life = f"{hours // 24} days" if hours > 48 else "one hour" if hours == 1 else f"{hours} hours"
    closing = f"It works once, for {life}. If it was not you, do nothing: then nothing happens."
    if page is None:
        return subject, f"{opening.format('code')}\n\n{token}\n\n{closing}\n"
    link = f"{page}#token={token}"
    by_hand = f"If the link does not open, go to {page} and paste this code:"
    return subject, f"{opening.format('link')}\n\n{link}\n\n{by_hand}\n\n{token}\n\n{closing}\n"
