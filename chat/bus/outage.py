"""What is said of an outage: once that it is there, and once that it is over."""

import logging

from redis.exceptions import AuthenticationError, ResponseError

from chat.bus.lifeline import Silent
from chat.bus.line import Troubles
from chat.channels.noting import note

log = logging.getLogger("chat.bus")


class Outage:
    def __init__(self) -> None:
        self._is_noted = False

    def goes_on(self, trouble: Exception) -> None:
        """The kind alone is said: whatever else an error tells may be an address."""
        if not isinstance(trouble, (*Troubles, Silent)):
            note(trouble, "the bus")
        if self._is_noted:
            return
        self._is_noted = True
        is_refusal = isinstance(trouble, AuthenticationError | ResponseError)
        what = "does not take what CHAT_REDIS_URL says" if is_refusal else "does not answer"
        log.error("Valkey %s (%s): until it is back, nothing is heard live on this node", what, type(trouble).__name__)

    def is_over(self) -> None:
        if self._is_noted:
            log.warning("Valkey is back")
        self._is_noted = False
