"""Mailed tokens: one spelling each, one purpose each."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchstring.core import mailed_token
from latchstring.core.account import MailPurpose

SECRET = bytes(range(32))
PURPOSES: tuple[MailPurpose, ...] = get_args(MailPurpose)


@given(st.binary(min_size=32, max_size=32))
def test_a_token_reads_back_as_it_was_written(secret: bytes) -> None:
    text = mailed_token.encode(secret)
    assert len(text) == mailed_token.TEXT_LENGTH
    assert mailed_token.decode(text) == secret


@given(st.text(max_size=60) | st.text("AZaz09-_=+/ ", min_size=43, max_size=43))
def test_what_reads_at_all_has_one_spelling(text: str) -> None:
    secret = mailed_token.decode(text)
    assert secret is None or mailed_token.encode(secret) == text


@pytest.mark.parametrize(
    "text", ["", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "B", "é" * 43, "A" * 42 + "\n", "+" * 43]
)
def test_garbage_is_none(text: str) -> None:
    assert mailed_token.decode(text) is None


def test_a_token_of_one_purpose_has_no_digest_of_another() -> None:
    digests = {mailed_token.digest(SECRET, purpose) for purpose in PURPOSES}
    assert len(digests) == len(PURPOSES)
    assert SECRET not in digests


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_letter_holds_the_token_on_a_line_of_its_own_and_in_no_address(purpose: MailPurpose) -> None:
    token = mailed_token.encode(SECRET)
    subject, text = mailed_token.letter(purpose, token)
    assert token in text.splitlines()
    assert token not in subject
    assert "://" not in text
    assert mailed_token.LIFETIME_SECONDS[purpose] > 0


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_letter_with_a_page_has_a_link_whose_fragment_is_the_token(purpose: MailPurpose) -> None:
    token = mailed_token.encode(SECRET)
    subject, text = mailed_token.letter(purpose, token, "https://chat.example.org/reset")
    [link] = [line for line in text.splitlines() if "#" in line]
    assert link == f"https://chat.example.org/reset#token={token}"
    assert token in text.splitlines()
    assert token not in subject
    assert text.count(token) == 2


def test_a_secret_of_another_length_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        mailed_token.encode(b"short")
