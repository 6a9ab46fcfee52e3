"""Base64url: one spelling each."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchstring.core import base64url


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_it_writes_what_the_standard_library_writes_without_padding(raw: bytes) -> None:
    text = base64url.encode(raw)
    assert text == base64.urlsafe_b64encode(raw).rstrip(b"=")
    assert base64url.decode(text) == raw


@settings(deadline=None)
@given(st.binary(max_size=40) | st.text('AQgwaz09-_+/= \n\\"u', max_size=12).map(str.encode))
def test_what_reads_at_all_has_one_spelling(text: bytes) -> None:
    raw = base64url.decode(text)
    assert raw is None or base64url.encode(raw) == text


@pytest.mark.parametrize(
    "text",
    [
        *("A", "AAAAA", "AB", "AAB", "AA==", "AAA=", "nul=", "+AAA", "/AAA", "????", "AA.A", "!AAA", "AAAA,"),
        *(" AAA", "AAAA\n", "AA\nAA", "A\0AA", "AAAé", 'AAAA"', '"AAAA', '"', "\\u0041AAA", "\\nAA"),
    ],
)
def test_any_other_spelling_is_none(text: str) -> None:
    assert base64url.decode(text.encode()) is None
