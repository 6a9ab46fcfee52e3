"""The name of a device, as the list of sessions shows it to its owner."""

from functools import lru_cache

import ua_parser

UNKNOWN_DEVICE = "Unknown device"
USER_AGENT_LENGTH = 512
"""What is read of a User-Agent header: it is the visitor's text, and parsing it costs time by length."""

_BROWSERS = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "HeadlessChrome": "Chrome",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Opera Mobile": "Opera",
    "Other": "",
}
_SYSTEMS = {
    "Mac OS X": "macOS",
    "Chrome OS": "ChromeOS",
    "Ubuntu": "Linux",
    "Debian": "Linux",
    "Fedora": "Linux",
    "Red Hat": "Linux",
    "Arch Linux": "Linux",
    "Other": "",
}
_NAME_LENGTH = 40


@lru_cache(maxsize=4096)
def _named(user_agent: str) -> str:
    parsed = ua_parser.parse(user_agent)
    browser = _clean(parsed.user_agent.family, _BROWSERS) if parsed.user_agent else ""
    system = _clean(parsed.os.family, _SYSTEMS) if parsed.os else ""
    if browser and system:
        return f"{browser} on {system}"
    return browser or (f"Browser on {system}" if system else UNKNOWN_DEVICE)


def device_name(user_agent: str) -> str:
    """Such as "Firefox on Linux", "Chrome on Android", "curl" or "Unknown device"; printable, at most 84 characters."""
    return _named(user_agent[:USER_AGENT_LENGTH])


def _clean(family: str, names: dict[str, str]) -> str:
    """Some families are cut out of the header itself: what is shown is printable and short."""
    shown = "".join(character for character in family if character.isprintable())
    return names.get(shown, shown).strip()[:_NAME_LENGTH]
