"""Notices: what an owner is told by mail after it happened. There is no token in one, and nothing to click."""

import textwrap
from typing import Literal, NamedTuple

NoticeKind = Literal["replayed", "password_changed", "password_reset", "email_changed"]
LINE_LENGTH = 78
"""Characters, as RFC 5322 section 2.1.1 would have it."""


class _Words(NamedTuple):
    subject: str
    happened: str
    to_do: str


_WORDS: dict[NoticeKind, _Words] = {
    "replayed": _Words(
        subject="A sign-in of yours was ended: it may have been copied",
        happened="""
            We ended a sign-in to your account. A key to it that had been replaced was used once more: that is what a
            copy in other hands looks like. A browser that was restored from a backup, or lost its connection, can do
            the same.""",
        to_do="""
            Sign in again. If nothing explains it, look for malware on that device, choose a new password, and sign out
            every device that you do not know: your other sign-ins go on.""",
    ),
    "password_changed": _Words(
        subject="Your password was changed",
        happened="""
            The password of your account was changed by somebody who knew the one before. Every other sign-in was
            ended.""",
        to_do="""
            If it was you, nothing. If not, ask for a new password where you log in: it signs everybody out.""",
    ),
    "password_reset": _Words(
        subject="Your password was changed",
        happened="""
            The password of your account was set anew, with a code that was mailed to this address. Every sign-in was
            ended.""",
        to_do="""
            If it was you, nothing. If not, somebody reads your mail: change the password of your mailbox first, and
            then ask for a new password where you log in.""",
    ),
    # The new address is not named: whoever reads the old mailbox, its next owner included, has no claim to it.
    "email_changed": _Words(
        subject="Your e-mail address was changed",
        happened="""
            Your account has another e-mail address from now on, and no longer this one. It took your password, and a
            code that was mailed here.""",
        to_do="""
            If it was you, nothing. If not, change the password of this mailbox, and write to those who run the
            service: a new password can no longer be asked for with this address.""",
    ),
}


def notice(kind: NoticeKind, when: str, device: str | None) -> tuple[str, str]:
    """Subject and text of the mail. `device` is how the list of devices names the one whose sign-in it was, if any."""
    words = _WORDS[kind]
    where = f"\nDevice: {device}" if device else ""
    return words.subject, f"{_lines(words.happened)}\n\nWhen: {when}{where}\n\n{_lines('What to do: ' + words.to_do)}\n"


def _lines(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), LINE_LENGTH)
