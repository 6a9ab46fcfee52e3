"""The variables that an operator can set, as data: the reference is held against this table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat.variable_text import (
    read_database,
    read_key,
    read_length,
    read_move_target,
    read_networks,
    read_origin,
    read_origins,
    read_port,
    read_redis,
    read_seconds,
    read_socket_url,
    read_url,
)

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
    Setting(
        name="CHAT_DATABASE_URL",
        meaning="sqlite:///path, or postgresql://user:password@host/database",
        default=DEFAULT_DATABASE,
        read=read_database,
    ),
    Setting(
        name="CHAT_REDIS_URL",
        meaning="Valkey or Redis, by which several nodes tell each other: redis://user:password@host:6379/0, "
        "rediss:// with TLS, or unix:///path; the number keeps chats on one server apart",
        default=None,
        read=read_redis,
    ),
    Setting(
        name="CHAT_MOVE_TO",
        meaning="move: the PostgreSQL database that takes what is in the SQLite file",
        default=None,
        read=read_move_target,
    ),
    Setting(
        name="CHAT_SECRETS",
        meaning="file of the key ring, made on first run; beside a SQLite database where none is named, "
        "data/chat.secrets with PostgreSQL, and data/web.secrets for serve-web",
        default=None,
    ),
    Setting(
        name="CHAT_BASE_URL",
        meaning="public address of the pages; where none is set, its port is the one that is listened on, and "
        "127.0.0.1 is allowed beside localhost",
        default="http://localhost:8000",
        read=read_origin,
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
        meaning="on, or off for load tests: refused unless CHAT_HOST is a loopback address",
        default="on",
        read=_one_of("on", "off"),
    ),
    Setting(name="CHAT_LOG_FORMAT", meaning="console or json", default="console", read=_one_of("console", "json")),
)
