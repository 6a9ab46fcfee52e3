"""`python -m chat move`: from the SQLite file to PostgreSQL."""

import asyncio
import logging

from chat.app import MIGRATIONS
from latchstring import ConfigurationError, move_database

log = logging.getLogger("chat.moving")


def move(source: str, target: str | None) -> int:
    """Raises ConfigurationError."""
    if not source.startswith("sqlite:"):
        raise ConfigurationError("CHAT_DATABASE_URL names the SQLite database that is to be moved.")
    if target is None:
        raise ConfigurationError(
            "CHAT_MOVE_TO names the database to move to: postgresql://user:password@host/database."
        )
    rows = asyncio.run(move_database(source, target, [("chat", MIGRATIONS)], say=log.info))
    log.info("moved %d rows. Set CHAT_DATABASE_URL to the new address, keep the secrets file, and start again", rows)
    return 0
