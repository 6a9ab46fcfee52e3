"""Whether what is set lets several nodes serve as one."""

from chat.settings import ChatSettings
from latchstring import ConfigurationError


def check_several(command: str, settings: ChatSettings) -> None:
    """Raises ConfigurationError. A web tier alone keeps nothing that another of them would need.

    One SQLite file is fine for the processes of one machine: they share it in peace, and the revocation feed in it.
    """
    if command == "serve-web":
        return
    if settings.redis_url is None:
        raise ConfigurationError(
            "Several nodes tell each other of messages by Valkey or Redis: set CHAT_REDIS_URL, or leave --nodes out."
        )
    if settings.database_url == "sqlite:///:memory:":
        raise ConfigurationError("Several nodes need one database: CHAT_DATABASE_URL is one in memory, each its own.")
