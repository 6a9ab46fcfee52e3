"""What an operator has set. The only file of the chat that reads the environment."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import latchstring
from chat.variable_text import LOOPBACK, read_url
from chat.variables import SETTINGS, Setting
from latchstring import ConfigurationError

__all__ = ["SETTINGS", "ChatSettings", "find_unknown_variables", "read_log_format", "read_settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    host: str
    port: int
    database_url: str = field(repr=False)
    move_to: str | None = field(repr=False, default=None)
    redis_url: str | None = field(repr=False)
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
        move_to=value["CHAT_MOVE_TO"],
        redis_url=value["CHAT_REDIS_URL"],
        secrets=Path(value["CHAT_SECRETS"]) if value["CHAT_SECRETS"] else None,
        api_url=_named("--api", read_url, api_url) if api_url else value["CHAT_API_URL"],
        socket_url=value["CHAT_SOCKET_URL"],
        log_format=value["CHAT_LOG_FORMAT"],
        library=_library_settings(value, base_url, origins),
    )


def read_log_format(environment: Mapping[str, str] = os.environ) -> str:
    """The one that is read before all others: the sentence about a wrong one is a line of output, too."""
    return "json" if environment.get("CHAT_LOG_FORMAT", "").strip() == "json" else "console"


def find_unknown_variables(environment: Mapping[str, str] = os.environ) -> list[tuple[str, str | None]]:
    """Names that begin like ours and are none, each with the one that was meant, as far as can be guessed. What is set
    by a name with a slip in it is as good as not set: a database of that kind is an empty new one."""
    known = [setting.name for setting in SETTINGS]
    unknown = sorted(name for name in environment if re.fullmatch(r"CHAT_\w{1,60}", name) and name not in known)
    return [(name, next(iter(get_close_matches(name.upper(), known, n=1)), None)) for name in unknown]


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
            # The pages of the chat that take mailed tokens (chat/pages/routes.py).
            reset_page="/reset",
            confirm_page="/confirm",
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
