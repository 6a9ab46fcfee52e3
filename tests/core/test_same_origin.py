"""Who may call the web tier: the truth table of `decide_same_origin`."""

import pytest

from latchstring.core.same_origin import decide_same_origin

OURS = "https://chat.example.org"


@pytest.mark.parametrize(
    ("fetch_sites", "origins", "answer"),
    [
        (["same-origin"], [], True),
        (["same-origin"], [OURS], True),
        (["same-origin"], ["https://evil.example"], True),
        (["same-site"], [OURS], False),
        (["cross-site"], [OURS], False),
        (["none"], [OURS], False),
        (["Same-Origin"], [OURS], False),
        ([""], [OURS], False),
        (["same-origin", "same-origin"], [OURS], False),
        (["same-origin, cross-site"], [OURS], False),
        ([], [OURS], True),
        ([], ["https://evil.example"], False),
        ([], ["null"], False),
        ([], [], False),
        ([], [""], False),
        ([], [OURS, OURS], False),
    ],
)
def test_the_truth_table(fetch_sites: list[str], origins: list[str], answer: bool) -> None:
    assert decide_same_origin(fetch_sites, origins, OURS) is answer


@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        ("https://chat.example.org:443", "https://chat.example.org"),
        ("https://chat.example.org", "https://chat.example.org:443"),
        ("HTTPS://CHAT.example.org", "https://chat.example.org"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_default_port_and_the_case_of_letters_make_no_other_origin(origin: str, ours: str) -> None:
    assert decide_same_origin([], [origin], ours)


@pytest.mark.parametrize(
    "origin",
    [
        "http://chat.example.org",
        "https://chat.example.org:8443",
        "https://chat.example.org.evil.example",
        "https://evilchat.example.org",
        "https://sub.chat.example.org",
        "https://chat.example.org@evil.example",
        "https://evil.example#https://chat.example.org",
        "https://chat.example.org/",
        "https://chat.example.org?",
        "https://chat.example.org\\@evil.example",
        "//chat.example.org",
        "chat.example.org",
        "https://chat.example.org:99999",
        "https://chat.example.org:port",
        "https://[chat.example.org",
        "https://chat.example.org ",
        "file://",
    ],
)
def test_what_only_looks_like_ours_is_another_origin(origin: str) -> None:
    assert not decide_same_origin([], [origin], OURS)
