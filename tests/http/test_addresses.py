"""Whose address counts."""

import pytest

from latchstring.errors import ConfigurationError
from latchstring.http.addresses import Addresses
from latchstring.issuing import Visitor
from latchstring.settings import Settings

KEY = "k" * 32


def visitor(
    peer: str | None = "203.0.113.7",
    *headers: tuple[str, str],
    proxies: tuple[str, ...] = ("10.0.0.0/8", "fd00::/8"),
    key: str | None = KEY,
) -> Visitor:
    settings = Settings(trusted_proxies=proxies, web_tier_key=key)
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return Addresses(settings).visitor({"client": (peer, 1) if peer is not None else None, "headers": raw})


FORWARDED = "x-forwarded-for"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, not an address"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, not an address, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("fe80::1%eth0", [], "fe80::1"),
        ("not an address", ["198.51.100.1"], ""),
        (None, [], ""),
    ],
)
def test_forwarded_addresses_count_as_far_as_trusted_proxies_wrote_them(
    peer: str | None, forwarded: list[str], address: str
) -> None:
    assert visitor(peer, *((FORWARDED, line) for line in forwarded)).address == address


def test_without_named_proxies_nobodys_word_counts() -> None:
    assert visitor("10.0.0.1", (FORWARDED, "198.51.100.1"), proxies=()).address == "10.0.0.1"


TOLD = (("latchstring-visitor-address", "198.51.100.9"), ("latchstring-visitor-agent", "Firefox"))


def test_the_web_tiers_word_counts_with_its_key() -> None:
    told = visitor("10.1.1.1", ("latchstring-web-tier-key", KEY), *TOLD, ("user-agent", "python"))
    assert told == Visitor("198.51.100.9", "Firefox")


@pytest.mark.parametrize("keys", [[], ["x" * 32], [""], [KEY, KEY], ["é" * 32]])
def test_without_the_right_key_it_is_like_any_other_front_end(keys: list[str]) -> None:
    told = visitor("203.0.113.7", *(("latchstring-web-tier-key", key) for key in keys), *TOLD, ("user-agent", "curl"))
    assert told == Visitor("203.0.113.7", "curl")


def test_where_no_key_is_set_no_key_is_right() -> None:
    assert visitor("203.0.113.7", ("latchstring-web-tier-key", ""), *TOLD, key=None).address == "203.0.113.7"


def test_a_browser_that_tells_a_novel_is_cut_short() -> None:
    assert len(visitor("203.0.113.7", ("user-agent", "a" * 100_000)).user_agent) == 512


def test_a_network_that_is_none_is_a_matter_for_the_operator() -> None:
    with pytest.raises(ConfigurationError):
        Addresses(Settings(trusted_proxies=("10.0.0.0/33",)))
