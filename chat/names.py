"""Display names: what may be in one. Others read it, so nothing in it may be invisible, or turn their lines around."""

import unicodedata

from chat.refusals import invalid

NAME_LENGTH = 80
"""Code points."""

JOINERS = "\u200c\u200d"
"""Format characters that Persian and Hindi names and many emoji are written with."""

BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols that show nothing."""


def check_display_name(name: str, path: str = "display_name") -> str:
    """The name as it is kept: without white space around it. Raises InvalidRequest."""
    name = name.strip()
    if not 1 <= len(name) <= NAME_LENGTH:
        raise invalid(path, f"A display name has 1 to {NAME_LENGTH} characters.")
    if any(map(_is_refused, name)):
        raise invalid(path, "A display name has no line breaks, control characters or invisible characters.")
    if not any(map(_shows, name)):
        raise invalid(path, "A display name has a letter, a number or a symbol.")
    return name


def chosen_name(name: str | None, email: str) -> str | None:
    """None where nobody chose one: whoever writes their own address there has not, and keeps it from strangers."""
    return None if name is None or name_key(name) == name_key(email) else name


def name_key(name: str) -> str:
    """What names are searched by, for kept and typed ones alike: without case, width or ligatures (NFKC, casefold)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _is_refused(character: str) -> bool:
    """Control characters, line and paragraph ends, surrogates, private use, and format characters: the last hold the
    ones that reverse what stands beside them (UTR 36, section 2.5)."""
    category = unicodedata.category(character)
    if category == "Cn":
        # Not known to this Python is no fault of a newer emoji; a noncharacter never will be known.
        return ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    return category in ("Cc", "Co", "Cs", "Zl", "Zp") or (category == "Cf" and character not in JOINERS)


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] not in "MZ" and character not in JOINERS + BLANK_LETTERS
