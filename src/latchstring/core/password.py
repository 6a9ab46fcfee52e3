"""What a password has to be: long, and not what everybody would try first. No composition rules (NIST SP 800-63B-4)."""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

MAX_LENGTH = 256
"""Code points. Longer ones are refused, never cut: a cut password is another password."""

_LEFT_OVER = 8
"""With the user's own words taken out, at least this many characters have to be left."""
_OWN_WORD_LENGTH = 4

_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "1234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "q1w2e3r4t5y6u7i8o9p0",
    "a1b2c3d4e5f6g7h8i9",
    "1a2b3c4d5e6f7g8h9i",
)
_WALKS = tuple(walk * (2 * MAX_LENGTH // len(row)) for row in _ROWS for walk in (row, row[::-1]))
_BEGINNINGS = frozenset(walk[at : at + 3] for walk in _WALKS for at in range(40))
_LEET = str.maketrans("0134578@$!", "oieastbasi")
_SHIFTED = str.maketrans("!@#$%^&*()", "1234567890")


class PasswordTrouble(Enum):
    """Why a password is refused; the value is a sentence for its owner."""

    UNREADABLE = "A password cannot hold this character: it has no meaning in Unicode text."
    TOO_SHORT = "A password has at least {min_length} characters; this one has {length}. A few unrelated words do well."
    TOO_LONG = "A password has at most 256 characters."
    REPEATED = "This password repeats the same few characters. Use a few unrelated words instead."
    SEQUENCE = "This password follows the keyboard, the alphabet or the digits. Use a few unrelated words instead."
    OWN_WORDS = "This password is little more than your name, your e-mail address or the name of this site."
    COMMON = "This password is one of the first that anybody would try. Use a few unrelated words instead."


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """`common` holds case-folded letters and digits without separators; `site` are the site's own names."""

    min_length: int
    common: Collection[str]
    site: tuple[str, ...] = ()


def normalised(password: str) -> str | None:
    """The form that is hashed: NFC, so that one keyboard's ü is another's. None for what nobody's password can be.

    The length is looked at first: a megabyte is neither normalised nor hashed.
    """
    if len(password) > 4 * MAX_LENGTH:
        return None
    text = unicodedata.normalize("NFC", password)
    return None if len(text) > MAX_LENGTH or not _readable(text) else text


def decide_password(password: str, rules: PasswordRules, own_words: Iterable[str] = ()) -> PasswordTrouble | None:
    """Why a new password is refused, or None where it will do. With a minimum of 15 and the own word "rosalind":

    | password                       | answer     |
    |--------------------------------|------------|
    | correct horse battery staple   | None       |
    | Vier Föhren am Wehr            | None       |
    | fourteen chars                 | TOO_SHORT  |
    | fifteen charact                | None       |
    | aaaaaaaaaaaaaaaa               | REPEATED   |
    | x7qx7qx7qx7qx7qx7q             | REPEATED   |
    | abcdefghijklmnop               | SEQUENCE   |
    | 0987654321098765               | SEQUENCE   |
    | qwertyuiop123456               | SEQUENCE   |
    | PasswordPassword               | COMMON     |
    | P@ssw0rd-P@ssw0rd              | COMMON     |
    | basketball 2024!!              | COMMON     |
    | Rosalind-Rosalind              | OWN_WORDS  |
    | rosalind-x7Kq2pm               | OWN_WORDS  |
    | rosalind password1             | OWN_WORDS  |
    | rosalind paints old tin boats  | None       |

    A lone surrogate or NUL is UNREADABLE, more than 256 code points (after NFC) are TOO_LONG.
    """
    if len(password) > 4 * MAX_LENGTH:
        return PasswordTrouble.TOO_LONG
    text = unicodedata.normalize("NFC", password)
    if not _readable(text):
        return PasswordTrouble.UNREADABLE
    if len(text) > MAX_LENGTH:
        return PasswordTrouble.TOO_LONG
    if len(text) < rules.min_length:
        return PasswordTrouble.TOO_SHORT
    return _guessable(text, rules, own_words)


def sentence(trouble: PasswordTrouble, password: str, rules: PasswordRules) -> str:
    """What the owner is told. It holds the password's length, never the password."""
    length = len(unicodedata.normalize("NFC", password[: 4 * MAX_LENGTH]))
    return trouble.value.format(min_length=rules.min_length, length=length)


def _guessable(text: str, rules: PasswordRules, own_words: Iterable[str]) -> PasswordTrouble | None:
    folded = text.casefold()
    if _repeats(folded):
        return PasswordTrouble.REPEATED
    letters = _letters(folded)
    if _few(letters, folded):
        letters = _letters(folded.translate(_SHIFTED))
    if _few(letters, folded):
        # Emoji, punctuation: the rules below know nothing of them.
        return PasswordTrouble.REPEATED if len(set(folded)) < _LEFT_OVER else None
    if _repeats(letters):
        return PasswordTrouble.REPEATED
    if any(_walk(letters[:cut]) and _walk(letters[cut:]) for cut in range(len(letters))):
        return PasswordTrouble.SEQUENCE
    if _mostly_own(letters, rules, own_words):
        return PasswordTrouble.OWN_WORDS
    readings = {letters, _letters(folded.translate(_LEET))}
    return PasswordTrouble.COMMON if any(_common(_unit(reading), rules.common) for reading in readings) else None


def _few(letters: str, folded: str) -> bool:
    return 2 * len(letters) < len(folded)


def _readable(text: str) -> bool:
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def _letters(folded: str) -> str:
    return "".join(filter(str.isalnum, folded))


def _repeats(text: str) -> bool:
    """Whether a unit of at most a quarter of the length, or of four characters, makes up the whole."""
    longest = max(4, len(text) // 4) if len(text) > 8 else len(text) // 2
    return any(text.startswith(text[unit:]) for unit in range(1, longest + 1))


def _unit(text: str) -> str:
    """What is repeated, where it is repeated whole; else the text itself."""
    return text[: (text + text).find(text, 1)] if text else text


def _walk(part: str) -> bool:
    """Whether it runs along a row of the keyboard, the alphabet or the digits; one or two characters always do."""
    return len(part) < 3 or (part[:3] in _BEGINNINGS and any(part in walk for walk in _WALKS))


def _mostly_own(letters: str, rules: PasswordRules, own_words: Iterable[str]) -> bool:
    rest = letters
    words = {piece for word in (*own_words, *rules.site) for piece in _pieces(word)}
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != letters and (len(rest) < _LEFT_OVER or _common(rest, rules.common))


def _pieces(word: str) -> set[str]:
    """The word without separators, and each part between them, where it is long enough to mean anything."""
    folded = unicodedata.normalize("NFC", word[:MAX_LENGTH]).casefold()
    parts = "".join(character if character.isalnum() else " " for character in folded).split()
    return {piece for piece in (*parts, "".join(parts)) if len(piece) >= _OWN_WORD_LENGTH}


def _common(letters: str, common: Collection[str]) -> bool:
    """Whether it is one common part, or two: words of the list, walks, years and other short numbers."""
    return any(_weak(letters[:cut], common) and _weak(letters[cut:], common) for cut in range(len(letters)))


def _weak(part: str, common: Collection[str]) -> bool:
    short_number = part.isdigit() and len(part) <= 6
    return part in common or short_number or _walk(part) or _repeats(part) or _unit(part) in common
