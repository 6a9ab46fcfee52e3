"""The address of the bus, and what is never shown of it."""

from dataclasses import replace
from typing import Any

import pytest

from chat.bus.address import Address, read_address
from chat.settings import read_settings


def address(**parts: Any) -> Address:
    return replace(Address("cache", 6379, "", 0, None, None, is_tls=False, authorities=None), **parts)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("redis://cache", address()),
        ("redis://cache:6380/", address(port=6380)),
        ("redis://:p%40ss%2Fword@cache/7", address(password="p@ss/word", number=7)),
        (
            "redis://chat:secret@[::1]:1/123456",
            address(host="::1", port=1, username="chat", password="secret", number=123456),
        ),
        ("rediss://cache", address(is_tls=True)),
        ("rediss://cache/?ssl_ca_certs=/etc/our%20ca.pem", address(is_tls=True, authorities="/etc/our ca.pem")),
        ("unix:///run/valkey.sock", address(host="", path="/run/valkey.sock")),
        (
            "unix://:secret@/run/valkey.sock?db=3",
            address(host="", path="/run/valkey.sock", password="secret", number=3),
        ),
    ],
)
def test_an_address_is_read_part_by_part(text: str, read: Address) -> None:
    assert read_address(text) == read


def test_no_repr_shows_the_password() -> None:
    url = "redis://chat:canary@cache:6379/0"
    assert "canary" not in repr(read_address(url))
    assert "canary" not in repr(read_settings({"CHAT_REDIS_URL": url}))
