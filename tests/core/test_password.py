"""What a password has to be, and what its owner is told."""

import unicodedata

import pytest

from latchstring.common_passwords import load_common_passwords
from latchstring.core.password import MAX_LENGTH, PasswordRules, PasswordTrouble, decide_password, normalised, sentence

RULES = PasswordRules(15, load_common_passwords(), site=("Latchstring",))


def truth_table() -> list[tuple[str, str]]:
    """The rows of the docstring: they are the parameters."""
    lines = [line.strip() for line in (decide_password.__doc__ or "").splitlines()]
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| ")]
    return [(password.strip(), answer.strip()) for password, answer in rows[1:]]


@pytest.mark.parametrize(("password", "answer"), truth_table())
def test_the_truth_table_of_passwords(password: str, answer: str) -> None:
    trouble = decide_password(password, RULES, ["rosalind"])
    assert (trouble.name if trouble else "None") == answer


def test_the_truth_table_was_read_from_the_docstring() -> None:
    assert {answer for _, answer in truth_table()} >= {
        "None",
        "TOO_SHORT",
        "REPEATED",
        "SEQUENCE",
        "COMMON",
        "OWN_WORDS",
    }


@pytest.mark.parametrize(
    "password",
    [
        "PASSWORDPASSWORD1",
        "pass word pass word",
        "Pa$$w0rdPa$$w0rd",
        "hunter2hunter2hunter2",
        "Sommer2024Sommer2024",
        "iloveyouiloveyou",
        "the quick brown fox",
        "administrator1!",
        "monkey.dragon.1",
        "password!@#$%^&*",
        "dragon!!!!!!!!!",
    ],
)
def test_what_anybody_would_try_first_is_refused(password: str) -> None:
    assert decide_password(password, RULES) is PasswordTrouble.COMMON


@pytest.mark.parametrize("password", [" " * 15, "\t" * 20, "😀" * 15, "ab" * 10, "!?" * 9, "Ä" * 16])
def test_a_few_characters_again_and_again_are_refused(password: str) -> None:
    assert decide_password(password, RULES) is PasswordTrouble.REPEATED


@pytest.mark.parametrize(
    "password",
    ["a b c d e f g h i j k", "zyxwvutsrqponmlk", "asdfghjklasdfghjkl", "1q2w3e4r5t6y7u8i", "qwertzuiop987654"],
)
def test_a_walk_along_the_keyboard_or_the_alphabet_is_refused(password: str) -> None:
    assert decide_password(password, RULES) in (PasswordTrouble.SEQUENCE, PasswordTrouble.REPEATED)


@pytest.mark.parametrize(
    "password",
    ["rosalind@example.org", "Rosalind.Franklin!", "franklin-rosalind-1", "LATCHSTRING latchstring", "example x7Kq2mz"],
)
def test_the_users_own_words_and_the_sites_name_are_refused(password: str) -> None:
    own = ["rosalind@example.org", "Rosalind Franklin"]
    assert decide_password(password, RULES, own) is PasswordTrouble.OWN_WORDS


@pytest.mark.parametrize("own", ["", "al", "---", "a b c"])
def test_own_words_too_short_to_mean_anything_refuse_nothing(own: str) -> None:
    assert decide_password("talented albatross", RULES, [own]) is None


@pytest.mark.parametrize(
    "password",
    ["lower case letters only", "1 8473 92 6650 2718 4", "ΚΑΛΗΜΕΡΑ στον γείτονα", "密码不需要规则只需要足够长就好了"],
)
def test_there_are_no_composition_rules(password: str) -> None:
    assert decide_password(password, RULES) is None


def test_length_is_counted_in_code_points_after_composition() -> None:
    decomposed = unicodedata.normalize("NFD", "äöüßéèêñçåø")
    assert len(decomposed) > 15
    assert decide_password(decomposed, RULES) is PasswordTrouble.TOO_SHORT
    assert decide_password("🦊🐢🌵🎻🚲🍋🧵🪐🎈🐝🥁🧊🪁🐙🎲", RULES) is None


def test_the_longest_password_has_256_code_points_after_composition() -> None:
    long = "".join(chr(0x4E00 + 7 * place) for place in range(MAX_LENGTH))
    assert decide_password(long, RULES) is None
    assert decide_password(long + "x", RULES) is PasswordTrouble.TOO_LONG
    accents = unicodedata.normalize(
        "NFD", "".join("àéîõüçñ"[place * place % 7] + chr(0x4E00 + place) for place in range(128))
    )
    assert len(accents) > MAX_LENGTH
    assert decide_password(accents, RULES) is None


def test_two_spellings_of_one_text_are_one_password() -> None:
    spellings = [unicodedata.normalize(form, "Früh am Möhnesee über Tag") for form in ("NFC", "NFD")]
    assert spellings[0] != spellings[1]
    assert normalised(spellings[0]) == normalised(spellings[1]) != normalised(spellings[0].upper())


@pytest.mark.parametrize("bad", [chr(0), chr(0xD800), chr(0xDFFF)])
def test_what_is_no_unicode_text_is_unreadable(bad: str) -> None:
    assert decide_password(f"a fine long{bad} password", RULES) is PasswordTrouble.UNREADABLE
    assert normalised(f"a fine long{bad} password") is None


@pytest.mark.parametrize("password", ["&}~<;^[-%)=_?/+", "🦊🐢🌵🎻🚲🍋🧵🪐🎈🐝🥁🧊🪁aa"])
def test_signs_that_are_no_letters_are_as_good_as_any(password: str) -> None:
    assert decide_password(password, RULES) is None


def test_a_shorter_minimum_is_a_setting_and_the_list_still_counts() -> None:
    rules = PasswordRules(8, load_common_passwords())
    assert decide_password("x7Kq2pm!", rules) is None
    assert decide_password("x7Kq2p!", rules) is PasswordTrouble.TOO_SHORT
    assert decide_password("password", rules) is PasswordTrouble.COMMON
    assert decide_password("Dragon12", rules) is PasswordTrouble.COMMON


@pytest.mark.parametrize("trouble", list(PasswordTrouble))
def test_every_refusal_says_what_to_do_and_never_the_password(trouble: PasswordTrouble) -> None:
    said = sentence(trouble, "canary-7Kq2pm", RULES)
    assert said.endswith(".")
    assert "{" not in said
    assert "canary" not in said


def test_a_short_password_is_told_how_long_it_is_and_has_to_be() -> None:
    said = sentence(PasswordTrouble.TOO_SHORT, "fourteen chars", RULES)
    assert "15" in said
    assert "14" in said


def test_the_shipped_list_is_in_the_form_that_is_compared() -> None:
    common = load_common_passwords()
    assert len(common) > 5000
    assert [entry for entry in common if not entry.isalnum() or entry != entry.casefold() or len(entry) < 3] == []
