"""What an operator can set. The only file of the chat that reads the environment."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import latchstring
from chat.reading import (
    LOOPBACK,
    read_database,
    read_key,
    read_length,
    read_networks,
    read_origin,
    read_origins,
    read_port,
    read_seconds,
    read_socket_url,
    read_url,
)
from latchstring import ConfigurationError

DEFAULT_DATABASE = "sqlite:///data/chat.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One variable: what it means, its unit where it has one, its default, and how its text is read."""

    name: str
    meaning: str
    default: str | None
    read: Callable[[str], Any] = str


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError("is " + " or ".join(map(repr, choices)))
        return text

    return read


SETTINGS = (
    Setting(name="CHAT_HOST", meaning="address to listen on", default="127.0.0.1"),
    Setting(name="CHAT_PORT", meaning="port to listen on", default="8000", read=read_port),
    Setting(name="CHAT_DATABASE_URL", meaning="sqlite:///path", default=DEFAULT_DATABASE, read=read_database),
    Setting(name="CHAT_SECRETS", meaning="file of the key ring, made on first run", default=None),
    Setting(
        name="CHAT_BASE_URL", meaning="public address of the pages", default="http://localhost:8000", read=read_origin
    ),
    Setting(
        name="CHAT_ALLOWED_ORIGINS",
        meaning="other origins whose pages may open the socket, comma-separated",
        default="",
        read=read_origins,
    ),
    Setting(name="CHAT_API_URL", meaning="serve-web: address of the API tier", default=None, read=read_url),
    Setting(
        name="CHAT_SOCKET_URL",
        meaning="serve-web: where the pages find the socket",
        default="/backend/socket",
        read=read_socket_url,
    ),
    Setting(
        name="CHAT_WEB_TIER_KEY",
        meaning="secret shared by a split web and API tier, at least 32 characters",
        default=None,
        read=read_key,
    ),
    Setting(
        name="CHAT_TRUSTED_PROXIES",
        meaning="networks whose X-Forwarded-* headers count, comma-separated",
        default="",
        read=read_networks,
    ),
    Setting(
        name="CHAT_AUTH_TOKEN_SECONDS", meaning="life of an auth token, seconds", default="1800", read=read_seconds
    ),
    Setting(
        name="CHAT_REFRESH_IDLE_SECONDS",
        meaning="a remembered session ends when unused for this long, seconds",
        default="1209600",
        read=read_seconds,
    ),
    Setting(
        name="CHAT_REFRESH_ABSOLUTE_SECONDS",
        meaning="any session ends after this long, seconds",
        default="2592000",
        read=read_seconds,
    ),
    Setting(
        name="CHAT_UNREMEMBERED_IDLE_SECONDS",
        meaning="a session that is not remembered ends when unused for this long, seconds",
        default="43200",
        read=read_seconds,
    ),
    Setting(name="CHAT_ROTATION", meaning="sealed or strict", default="sealed", read=_one_of("sealed", "strict")),
    Setting(
        name="CHAT_ROTATION_WINDOW_SECONDS",
        meaning="W: repeats within it get the same successor, seconds",
        default="10",
        read=read_seconds,
    ),
    Setting(
        name="CHAT_STRAGGLER_SECONDS",
        meaning="S: late presentations are told to retry for this long, seconds",
        default="30",
        read=read_seconds,
    ),
    Setting(
        name="CHAT_PASSWORD_MIN_LENGTH",
        meaning="shortest password, code points",
        default="15",
        read=read_length,
    ),
    Setting(
        name="CHAT_THROTTLE",
        meaning="on, or off for load tests on loopback only",
        default="on",
        read=_one_of("on", "off"),
    ),
    Setting(name="CHAT_LOG_FORMAT", meaning="console or json", default="console", read=_one_of("console", "json")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    host: str
    port: int
    database_url: str
    secrets: Path | None
    api_url: str | None
    socket_url: str
    log_format: str
    library: latchstring.Settings = field(repr=False)


def read_settings(
    environment: Mapping[str, str] = os.environ, *, port: int | None = None, api_url: str | None = None
) -> ChatSettings:
    """Reads and checks every variable at once. Raises ConfigurationError that names the variable, and quotes no value.

    A variable that is set to nothing counts as not set. `port` is where the server listens in fact, where CHAT_PORT is
    0; `api_url` is the command line's, which counts more than the variable.
    """
    text = {setting.name: environment.get(setting.name, "").strip() for setting in SETTINGS}
    value = {setting.name: _read(setting, text[setting.name]) for setting in SETTINGS}
    if value["CHAT_THROTTLE"] == "off" and value["CHAT_HOST"] not in LOOPBACK:
        raise ConfigurationError("CHAT_THROTTLE is 'off' on a loopback CHAT_HOST only.")
    port = value["CHAT_PORT"] if port is None else port
    base_url, origins = value["CHAT_BASE_URL"], value["CHAT_ALLOWED_ORIGINS"]
    if not text["CHAT_BASE_URL"]:
        # Nothing was configured: the pages are served here, and people type either name of this machine.
        base_url = f"http://localhost:{port}"
        origins = (*origins, f"http://127.0.0.1:{port}")
    return ChatSettings(
        host=value["CHAT_HOST"],
        port=port,
        database_url=value["CHAT_DATABASE_URL"],
        secrets=Path(value["CHAT_SECRETS"]) if value["CHAT_SECRETS"] else None,
        api_url=_named("--api", read_url, api_url) if api_url else value["CHAT_API_URL"],
        socket_url=value["CHAT_SOCKET_URL"],
        log_format=value["CHAT_LOG_FORMAT"],
        library=_library_settings(value, base_url, origins),
    )


def read_log_format(environment: Mapping[str, str] = os.environ) -> str:
    """The one that is read before all others: the sentence about a wrong one is a line of output, too."""
    return "json" if environment.get("CHAT_LOG_FORMAT", "").strip() == "json" else "console"


LIBRARY = {
    "auth_token_seconds": "CHAT_AUTH_TOKEN_SECONDS",
    "refresh_idle_seconds": "CHAT_REFRESH_IDLE_SECONDS",
    "refresh_absolute_seconds": "CHAT_REFRESH_ABSOLUTE_SECONDS",
    "unremembered_idle_seconds": "CHAT_UNREMEMBERED_IDLE_SECONDS",
    "rotation": "CHAT_ROTATION",
    "rotation_window_seconds": "CHAT_ROTATION_WINDOW_SECONDS",
    "straggler_seconds": "CHAT_STRAGGLER_SECONDS",
    "trusted_proxies": "CHAT_TRUSTED_PROXIES",
    "password_min_length": "CHAT_PASSWORD_MIN_LENGTH",
    "web_tier_key": "CHAT_WEB_TIER_KEY",
}
"""What the library calls them."""


def _library_settings(value: Mapping[str, Any], base_url: str, origins: tuple[str, ...]) -> latchstring.Settings:
    try:
        return latchstring.Settings(
            base_url=base_url,
            allowed_origins=origins,
            throttle=value["CHAT_THROTTLE"] == "on",
            issuer="latchstring-chat",
            **{field: value[name] for field, name in LIBRARY.items()},
        )
    except ConfigurationError as trouble:
        raise ConfigurationError(re.sub(r"\w+", lambda word: LIBRARY.get(word[0], word[0]), str(trouble))) from None


def _read(setting: Setting, text: str) -> Any:
    text = text or setting.default or ""
    return _named(setting.name, setting.read, text) if text or setting.default is not None else None


def _named(name: str, read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ValueError as trouble:
        raise ConfigurationError(f"{name} {trouble}.") from None
