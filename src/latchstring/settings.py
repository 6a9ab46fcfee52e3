"""What can be set, in one frozen value that is checked when it is made."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from latchstring.errors import ConfigurationError

Rotation = Literal["sealed", "strict"]
Algorithm = Literal["HS256", "EdDSA"]

LONGEST = 315_360_000
"""Ten years, in seconds: beyond that, a lifetime is a slip of the finger."""

_PAGE = re.compile(r"(/[A-Za-z0-9._~-]+)+/?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Lifetimes and rules. Every duration is in seconds and may be as short as one, for tests.

    Raises ConfigurationError when made with values that cannot hold together.
    """

    auth_token_seconds: int = 1800
    """How long an auth token is good for; the browser renews at 28/30 of it at the latest."""
    refresh_idle_seconds: int = 1_209_600
    """A remembered session ends when it has not been refreshed for this long (14 days)."""
    unremembered_idle_seconds: int = 43_200
    """The same for a session that is not remembered (12 hours)."""
    refresh_absolute_seconds: int | None = 2_592_000
    """A session ends this long after it began, whatever happens (30 days); None: never."""
    rotation: Rotation = "sealed"
    """"sealed": repeats of a lost answer are served (docs/decisions/0001); "strict": any second use is a replay."""
    rotation_window_seconds: int = 10
    """W: a head is rotated at most once in this time, and a repeat within it gets the same successor."""
    straggler_seconds: int = 30
    """S: for this long after its successor was proved, a late presentation is told to retry; for W at the least."""
    algorithm: Algorithm = "HS256"
    """How auth tokens are signed. EdDSA publishes a JWKS, so that others verify without our secret."""
    issuer: str = "latchstring"
    base_url: str = "http://localhost:8000"
    """The public address of the pages. http is taken for loopback hosts only."""
    reset_page: str | None = None
    """The path of a page that takes `#token=…` and sets a new password: mails link to it. None: mails hold a code."""
    confirm_page: str | None = None
    """The same, of one that confirms an e-mail address."""
    allowed_origins: tuple[str, ...] = ()
    """Other origins whose pages may open the socket."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) whose X-Forwarded-* headers count."""
    password_min_length: int = 15
    """In code points; NIST SP 800-63B-4 asks for 15 where a password is the only factor."""
    throttle: bool = True
    """Off only for load tests on a loopback address."""
    web_tier_key: str | None = None
    """Shared by a split web and API tier, so that the web tier's word for a visitor's address counts."""
    feed_poll_seconds: float = 1.0
    """The guarantee behind lost wake-ups: the revocation feed is read this often."""
    feed_silence_seconds: float = 10.0
    """A node whose feed could not be read for this long refuses to judge auth tokens (503)."""

    def __post_init__(self) -> None:
        for name in (
            "auth_token_seconds",
            "refresh_idle_seconds",
            "unremembered_idle_seconds",
            "rotation_window_seconds",
            "straggler_seconds",
            "password_min_length",
        ):
            self._needs_to_be_sensible(name, getattr(self, name))
        if self.refresh_absolute_seconds is not None:
            self._needs_to_be_sensible("refresh_absolute_seconds", self.refresh_absolute_seconds)
        if self.rotation not in ("sealed", "strict"):
            raise ConfigurationError(f"rotation is 'sealed' or 'strict', not {self.rotation!r}.")
        if self.algorithm not in ("HS256", "EdDSA"):
            raise ConfigurationError(f"algorithm is 'HS256' or 'EdDSA', not {self.algorithm!r}.")
        if self.password_min_length > 256:
            raise ConfigurationError("password_min_length is at most 256.")
        if self.feed_poll_seconds <= 0 or self.feed_silence_seconds <= self.feed_poll_seconds:
            raise ConfigurationError("feed_silence_seconds is longer than feed_poll_seconds, and both are above 0.")
        if self.web_tier_key is not None and len(self.web_tier_key) < 32:
            raise ConfigurationError("web_tier_key has at least 32 characters.")
        for url in (self.base_url, *self.allowed_origins):
            _check_origin(url)
        for name in ("reset_page", "confirm_page"):
            _check_page(name, getattr(self, name))

    @staticmethod
    def _needs_to_be_sensible(name: str, value: int) -> None:
        if not 1 <= value <= LONGEST:
            raise ConfigurationError(f"{name} lies between 1 and {LONGEST}, not at {value}.")

    @property
    def secure(self) -> bool:
        """Whether the pages are served over https, and cookies are Secure and carry their prefix."""
        return self.base_url.startswith("https://")

    def idle_seconds(self, remembered: bool) -> int:
        return self.refresh_idle_seconds if remembered else self.unremembered_idle_seconds


def _check_page(name: str, path: str | None) -> None:
    if path is not None and _PAGE.fullmatch(path) is None:
        raise ConfigurationError(f"{name} is a path such as /account/reset, not {path!r}.")


def _check_origin(url: str) -> None:
    """An origin is a scheme, a host and perhaps a port: a path or a wildcard would never match one."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise ConfigurationError(f"{url!r} is not an origin such as https://chat.example.org.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ConfigurationError(f"{url!r} is http: that is taken for loopback hosts only. Use https.")
