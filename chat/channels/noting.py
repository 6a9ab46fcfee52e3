"""What is said of an error that nobody expected."""

import logging
import traceback

log = logging.getLogger("chat.channels")


def note(error: Exception, topic: str) -> None:
    """The place alone: a message may quote what was sent."""
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("unexpected %s in topic %.60r\n%s", type(error).__name__, topic, places)
