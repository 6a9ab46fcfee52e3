"""The names of devices, as the list of sessions shows them."""

import pytest

from latchstring.core.device import UNKNOWN_DEVICE, device_name

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) {} Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROMIUM.format('Chrome/128.0.0.0 Mobile')}", "Chrome on Android"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROMIUM.format('HeadlessChrome/128.0.0.0')}", "Chrome on Linux"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROMIUM.format('Chrome/128.0.0.0')} Edg/128.0",
            "Edge on Windows",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {WEBKIT} Mobile/15E148 Safari/604.1",
            "Safari on iOS",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Safari/605.1.15",
            "Safari on macOS",
        ),
        ("curl/8.1", "curl"),
        ("", UNKNOWN_DEVICE),
        ("something of our own", UNKNOWN_DEVICE),
    ],
)
def test_a_device_is_named_by_browser_and_system(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name


@pytest.mark.parametrize(
    "hostile", ["x" * 1_000_000, "\x00\x1b[31m Firefox/1", "Mozilla/5.0 (" + "a 1.0/" * 9000, "<b>Chrome/1"]
)
def test_a_hostile_header_gives_a_short_printable_name(hostile: str) -> None:
    name = device_name(hostile)
    assert name.isprintable()
    assert 0 < len(name) <= 84
