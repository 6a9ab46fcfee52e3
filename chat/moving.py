"""`python -m chat move`: from the SQLite file to PostgreSQL. `python -m chat forget-keys`: where the ring is lost."""

import asyncio
import logging
from pathlib import Path

from chat.app import FILES, MIGRATIONS
from chat.settings import ChatSettings
from latchstring import ConfigurationError, forget_keys, move_database

log = logging.getLogger("chat.moving")


def move(settings: ChatSettings) -> int:
    """Raises ConfigurationError, or StoreUnavailable."""
    source, target = settings.database_url, settings.move_to
    if not source.startswith("sqlite:"):
        raise ConfigurationError("CHAT_DATABASE_URL names the SQLite database that is to be moved.")
    if target is None:
        raise ConfigurationError(
            "CHAT_MOVE_TO names the database to move to: postgresql://user:password@host/database."
        )
    rows = asyncio.run(move_database(source, target, [("chat", MIGRATIONS)], secrets=settings.secrets, say=log.info))
    log.info("moved %d rows. Set CHAT_DATABASE_URL to the new address%s, and start again", rows, _ring(settings))
    return 0


def _ring(settings: ChatSettings) -> str:
    """What has to be said of it, so that it is found from there too."""
    beside = Path(settings.database_url.removeprefix("sqlite:///")).with_suffix(".secrets")
    if settings.secrets is not None or beside == FILES.with_suffix(".secrets"):
        return ""
    return f" and CHAT_SECRETS to {beside}, where the key ring is"


def check_not_moved(settings: ChatSettings) -> None:
    """A start on the file's old name would make an empty one there and look well, with everybody signed out for good.
    Raises ConfigurationError."""
    source = settings.database_url
    path = Path(source.removeprefix("sqlite:///"))
    aside = path.with_name(f"{path.name}.moved")
    if not source.startswith("sqlite:") or path.exists() or not aside.exists():
        return
    raise ConfigurationError(
        f"{path.name} was moved to PostgreSQL: {aside.name} is what is left of it. Set CHAT_DATABASE_URL to the new "
        f"address. (To begin with an empty {path.name} instead, put {aside.name} somewhere else.)"
    )


def forget(settings: ChatSettings) -> int:
    """Raises ConfigurationError, or StoreUnavailable."""
    check_not_moved(settings)
    ended = asyncio.run(forget_keys(settings.database_url))
    log.info("%d sessions ended. The next start begins with the key ring that it finds or makes", ended)
    return 0
