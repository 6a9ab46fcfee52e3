"""E-mail addresses: as they are written, and as they are compared."""

import pytest

from latchstring.core.email import read_email, typed_key


@pytest.mark.parametrize(
    ("written", "text", "key"),
    [
        ("Ada.Lovelace@Example.ORG", "Ada.Lovelace@example.org", "ada.lovelace@example.org"),
        (" ada@example.org ", "ada@example.org", "ada@example.org"),
        ("ada+chat@example.org", "ada+chat@example.org", "ada+chat@example.org"),
        ("ada@example.test", "ada@example.test", "ada@example.test"),
        ("ada@münchen.example.org", "ada@münchen.example.org", "ada@xn--mnchen-3ya.example.org"),
        ("ada@xn--mnchen-3ya.example.org", "ada@münchen.example.org", "ada@xn--mnchen-3ya.example.org"),
        ("E\u0301va@example.org", "Éva@example.org", "éva@example.org"),
    ],
)
def test_an_address_has_a_text_and_a_comparison_form(written: str, text: str, key: str) -> None:
    email = read_email(written)
    assert email is not None
    assert (email.text, email.key) == (text, key)
    assert typed_key(written) == key


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "a@b@example.org",
        "ada@localhost",
        "ada@[127.0.0.1]",
        "ada@example.org\r\nBcc: all@example.org",
        "a\0da@example.org",
        "\ud800@example.org",
        *(f"a{unseen}da@example.org" for unseen in "\u034f\u115f\u180b\u200b\u200d\u2800\u3164\ufe0f\uffa0\U000e0100"),
        "a" * 65 + "@example.org",
        "ada@" + "example." * 40 + "org",
        "x" * 1_000_000 + "@example.org",
    ],
)
def test_what_is_no_address_is_none_and_has_a_bounded_key_that_no_account_has(written: str) -> None:
    assert read_email(written) is None
    key = typed_key(written)
    assert key.startswith("\0")
    assert len(key) < 1000
