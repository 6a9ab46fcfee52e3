"""E-mail addresses: as their owners write them, and as they are compared."""

import re
import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

EMAIL_LENGTH = 254
"""Characters; RFC 5321 section 4.5.3.1.3 leaves no room for more in a mail's path."""

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
"""Letters and marks that show nothing: with one of them, an address looks like somebody else's. Unicode's
Default_Ignorable_Code_Point, where that is not refused as a format character anyway, and the blank of Braille."""


@dataclass(frozen=True, slots=True)
class Email:
    """`text` is what mails are sent to; `key` is what is compared and has to be unique."""

    text: str
    key: str


def read_email(text: str) -> Email | None:
    """An address by its syntax alone (RFC 5321, 6531), or None. No DNS: a slow name server is nobody's fault.

    Domains without a dot and the reserved names (localhost, invalid, local, …) are no addresses.
    """
    text = text.strip()
    if len(text) > EMAIL_LENGTH or _UNSEEN.search(text):
        return None
    try:
        # `test_environment` lets in addresses under .test, which RFC 2606 reserves for just that.
        valid = validate_email(text, check_deliverability=False, strict=True, test_environment=True)
    except EmailNotValidError:
        return None
    domain = valid.ascii_domain or valid.domain
    return Email(valid.normalized, f"{_folded(valid.local_part)}@{_folded(domain)}")


def typed_key(text: str) -> str:
    """What a failed sign-in is counted by: the comparison form, or for what is no address, one that no account has."""
    email = read_email(text)
    return email.key if email else f"\0{_folded(text[:EMAIL_LENGTH])}"


def _folded(part: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", part).casefold())
