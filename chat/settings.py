"""What an operator can set. The only file of the chat that reads the environment."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import latchstring
from latchstring import ConfigurationError

DEFAULT_DATABASE = "sqlite:///data/chat.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One variable: what it means, its unit where it has one, its default, and how its text is read."""

    name: str
    meaning: str
    default: str | None
    read: Callable[[str], Any] = str


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("is a whole number")
    return int(text)


def _port(text: str) -> int:
    if (number := _number(text)) > 65535:
        raise ValueError("is a port from 0 to 65535")
    return number


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())


def _on(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError("is 'on' or 'off'")
    return text == "on"


def _log_format(text: str) -> str:
    if text not in ("console", "json"):
        raise ValueError("is 'console' or 'json'")
    return text


def _url(text: str) -> str:
    if urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).hostname:
        raise ValueError("is an address such as https://chat.example.org")
    return text.rstrip("/")


SETTINGS = (
    Setting(name="CHAT_HOST", meaning="address to listen on", default="127.0.0.1"),
    Setting(name="CHAT_PORT", meaning="port to listen on", default="8000", read=_port),
    Setting(name="CHAT_DATABASE_URL", meaning="sqlite:///path", default=DEFAULT_DATABASE),
    Setting(name="CHAT_SECRETS", meaning="file of the key ring, made on first run", default=None),
    Setting(name="CHAT_BASE_URL", meaning="public address of the pages", default="http://localhost:8000", read=_url),
    Setting(
        name="CHAT_ALLOWED_ORIGINS",
        meaning="other origins whose pages may open the socket, comma-separated",
        default="",
        read=_list,
    ),
    Setting(name="CHAT_API_URL", meaning="serve-web: address of the API tier", default=None, read=_url),
    Setting(
        name="CHAT_SOCKET_URL",
        meaning="serve-web: where the pages find the socket",
        default="/backend/socket",
    ),
    Setting(
        name="CHAT_WEB_TIER_KEY",
        meaning="secret shared by a split web and API tier, at least 32 characters",
        default=None,
    ),
    Setting(
        name="CHAT_TRUSTED_PROXIES",
        meaning="networks whose X-Forwarded-* headers count, comma-separated",
        default="",
        read=_list,
    ),
    Setting(name="CHAT_AUTH_TOKEN_SECONDS", meaning="life of an auth token, seconds", default="1800", read=_number),
    Setting(
        name="CHAT_REFRESH_IDLE_SECONDS",
        meaning="a remembered session ends when unused for this long, seconds",
        default="1209600",
        read=_number,
    ),
    Setting(
        name="CHAT_REFRESH_ABSOLUTE_SECONDS",
        meaning="any session ends after this long, seconds",
        default="2592000",
        read=_number,
    ),
    Setting(
        name="CHAT_UNREMEMBERED_IDLE_SECONDS",
        meaning="a session that is not remembered ends when unused for this long, seconds",
        default="43200",
        read=_number,
    ),
    Setting(name="CHAT_ROTATION", meaning="sealed or strict", default="sealed"),
    Setting(
        name="CHAT_ROTATION_WINDOW_SECONDS",
        meaning="W: repeats within it get the same successor, seconds",
        default="10",
        read=_number,
    ),
    Setting(
        name="CHAT_STRAGGLER_SECONDS",
        meaning="S: late presentations are told to retry for this long, seconds",
        default="30",
        read=_number,
    ),
    Setting(
        name="CHAT_PASSWORD_MIN_LENGTH",
        meaning="shortest password, code points",
        default="15",
        read=_number,
    ),
    Setting(name="CHAT_THROTTLE", meaning="on, or off for load tests on loopback only", default="on", read=_on),
    Setting(name="CHAT_LOG_FORMAT", meaning="console or json", default="console", read=_log_format),
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


def read_settings(environment: Mapping[str, str] = os.environ) -> ChatSettings:
    """Reads and checks every variable at once. Raises ConfigurationError that names the variable, never its value
    where that is a secret. A variable that is set to nothing counts as not set."""
    value = {setting.name: _read(setting, environment.get(setting.name)) for setting in SETTINGS}
    if not value["CHAT_THROTTLE"] and value["CHAT_HOST"] not in ("127.0.0.1", "::1", "localhost"):
        raise ConfigurationError("CHAT_THROTTLE=off is taken on a loopback CHAT_HOST only.")
    base_url, origins = value["CHAT_BASE_URL"], value["CHAT_ALLOWED_ORIGINS"]
    if not environment.get("CHAT_BASE_URL"):
        # Nothing was configured: the pages are served here, and people type either name of this machine.
        base_url = f"http://localhost:{value['CHAT_PORT']}"
        origins = (*origins, f"http://127.0.0.1:{value['CHAT_PORT']}")
    return ChatSettings(
        host=value["CHAT_HOST"],
        port=value["CHAT_PORT"],
        database_url=value["CHAT_DATABASE_URL"],
        secrets=Path(value["CHAT_SECRETS"]) if value["CHAT_SECRETS"] else None,
        api_url=value["CHAT_API_URL"],
        socket_url=value["CHAT_SOCKET_URL"],
        log_format=value["CHAT_LOG_FORMAT"],
        library=latchstring.Settings(
            auth_token_seconds=value["CHAT_AUTH_TOKEN_SECONDS"],
            refresh_idle_seconds=value["CHAT_REFRESH_IDLE_SECONDS"],
            refresh_absolute_seconds=value["CHAT_REFRESH_ABSOLUTE_SECONDS"],
            unremembered_idle_seconds=value["CHAT_UNREMEMBERED_IDLE_SECONDS"],
            rotation=value["CHAT_ROTATION"],
            rotation_window_seconds=value["CHAT_ROTATION_WINDOW_SECONDS"],
            straggler_seconds=value["CHAT_STRAGGLER_SECONDS"],
            base_url=base_url,
            allowed_origins=origins,
            trusted_proxies=value["CHAT_TRUSTED_PROXIES"],
            password_min_length=value["CHAT_PASSWORD_MIN_LENGTH"],
            throttle=value["CHAT_THROTTLE"],
            web_tier_key=value["CHAT_WEB_TIER_KEY"],
            issuer="latchstring-chat",
        ),
    )


def _read(setting: Setting, text: str | None) -> Any:
    text = text or setting.default
    if text is None:
        return None
    try:
        return setting.read(text)
    except ValueError as trouble:
        raise ConfigurationError(f"{setting.name} {trouble}.") from None
