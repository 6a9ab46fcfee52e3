"""The sealed cookie: what opens, what does not, and what each attribute is."""

import base64

import pytest

from latchstring.core.keys import Key, KeyRing
from latchstring.http.cookies import COOKIE_LIMIT, CookieContent, Held, RefreshCookie
from latchstring.settings import Settings
from latchstring.testing import SeededEntropy

NAME = "__Host-Http-latchstring"
OLD, NEW = Key(1, b"o" * 32), Key(2, b"n" * 32)
CONTENT = CookieContent(rememberMe=True, refreshToken="canary-refresh-token")


def cookie(*keys: Key, base_url: str = "https://chat.example.org") -> RefreshCookie:
    ring = KeyRing(keys or (OLD,))
    return RefreshCookie(key_ring=ring, settings=Settings(base_url=base_url), entropy=SeededEntropy())


def value_of(header: str) -> str:
    return header.split(";")[0].partition("=")[2]


def held_by(jar: RefreshCookie, *lines: str) -> Held:
    return jar.held({"headers": [(b"cookie", line.encode("latin-1")) for line in lines]})


def test_what_was_sealed_opens_again() -> None:
    jar = cookie()
    held = held_by(jar, f"theme=day; {NAME}={value_of(jar.header(CONTENT, 60))}; other=1")
    assert held.held == CONTENT
    assert not held.spoiled


def test_a_remembered_cookie_has_exactly_the_attributes_of_the_contract() -> None:
    _, *attributes = cookie().header(CONTENT, 1_209_600).split("; ")
    assert sorted(attributes) == ["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=Strict", "Secure"]


def test_a_cookie_that_is_not_remembered_dies_with_the_browser() -> None:
    header = cookie().header(CookieContent(rememberMe=False, refreshToken="t"), 1_209_600)
    assert "max-age" not in header.lower()
    assert "expires" not in header.lower()


def test_the_clearing_cookie_has_the_same_attributes_and_no_value() -> None:
    jar = cookie()
    assert set(jar.header(CONTENT, 60).split("; ")[1:]) - {"Max-Age=60"} == set(
        jar.clearing_header().split("; ")[1:]
    ) - {"Max-Age=0"}
    assert jar.clearing_header().startswith(f"{NAME}=;")


def test_on_http_and_a_loopback_host_the_name_is_plain_and_nothing_is_secure() -> None:
    header = cookie(base_url="http://localhost:8000").header(CONTENT, 60)
    assert header.startswith("latchstring=")
    assert "Secure" not in header


def test_nobody_reads_a_token_in_the_cookie() -> None:
    header = cookie().header(CONTENT, 60)
    raw = base64.urlsafe_b64decode(value_of(header) + "==")
    assert b"canary" not in raw
    assert "canary" not in header + repr(CONTENT)


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    before, during, after = cookie(OLD), cookie(NEW, OLD), cookie(NEW)
    old, new = (value_of(jar.header(CONTENT, 60)) for jar in (before, during))
    assert held_by(during, f"{NAME}={old}").held == CONTENT
    assert held_by(after, f"{NAME}={new}").held == CONTENT
    assert held_by(after, f"{NAME}={old}").spoiled


def test_a_cookie_that_an_earlier_version_sealed_still_opens() -> None:
    value = (
        "Ac0HLNi-b59irEwJwmmR9Bp2TXuzzGVxEDUTLquhI9gLJOmYIXHeC_1_alSNPQqf0ALKIYV-dz1ueg3Zy91yI0Iuj8n49PYHFZuwfDH77SgW"
        "zAib2Wk"
    )
    assert held_by(cookie(OLD), f"{NAME}={value}").held == CONTENT


def test_a_key_of_the_same_number_and_another_secret_opens_nothing() -> None:
    value = value_of(cookie(Key(1, b"x" * 32)).header(CONTENT, 60))
    assert held_by(cookie(OLD), f"{NAME}={value}").spoiled


def test_a_cookie_sealed_under_another_name_does_not_open() -> None:
    value = value_of(cookie(base_url="http://localhost:8000").header(CONTENT, 60))
    assert held_by(cookie(), f"{NAME}={value}").spoiled


@pytest.mark.parametrize("at", [0, 1, 12, 13, 40, -1])
def test_a_changed_byte_anywhere_spoils_it(at: int) -> None:
    jar = cookie()
    raw = bytearray(base64.urlsafe_b64decode(value_of(jar.header(CONTENT, 60)) + "=="))
    raw[at] ^= 1
    value = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    assert held_by(jar, f"{NAME}={value}").spoiled


@pytest.mark.parametrize(
    "value", ["", "x", "AQ", "%00", "A" * 39, "A" * 5000, "é", '"quoted"', "AQ==AQ==", "\x00", "null", "{}"]
)
def test_garbage_does_not_open_and_breaks_nothing(value: str) -> None:
    assert held_by(cookie(), f"{NAME}={value}").spoiled


def test_another_cookie_whose_name_looks_alike_is_not_ours() -> None:
    jar = cookie()
    value = value_of(jar.header(CONTENT, 60))
    for name in (NAME.lower(), f"{NAME}2", f"x{NAME}", "latchstring"):
        assert held_by(jar, f"{name}={value}") == Held((), came=False)


def test_tossed_garbage_beside_the_real_one_changes_nothing() -> None:
    jar = cookie()
    value = value_of(jar.header(CONTENT, 60))
    assert held_by(jar, f"{NAME}=tossed; {NAME}={value}", f"{NAME}=more").held == CONTENT


def test_the_same_sign_in_twice_is_one() -> None:
    jar = cookie()
    first, second = (value_of(jar.header(CONTENT, 60)) for _ in range(2))
    assert first != second
    assert held_by(jar, f"{NAME}={first}; {NAME}={second}").held == CONTENT


def test_two_different_sign_ins_are_none_and_spoil_nothing() -> None:
    """A thief who plants a cookie of their own account must not become the one whom the victim is signed in as."""
    jar = cookie()
    other = CookieContent(rememberMe=True, refreshToken="the thief's own")
    values = [value_of(jar.header(content, 60)) for content in (other, CONTENT)]
    held = held_by(jar, "; ".join(f"{NAME}={value}" for value in values))
    assert held.held is None
    assert not held.spoiled
    assert set(held.opened) == {other, CONTENT}


def test_name_and_value_stay_under_the_limit_of_browsers() -> None:
    jar = cookie()
    pair = jar.header(CookieContent(rememberMe=True, refreshToken="r" * 163), 60).split(";")[0]
    assert len(pair) < 512 < COOKIE_LIMIT
    with pytest.raises(ValueError, match="too large"):
        jar.header(CookieContent(rememberMe=True, refreshToken="r" * 4096), 60)
