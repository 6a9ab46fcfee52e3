"""What an app does when its server is told to stop, before its sockets are closed: its lifespan ends behind that. It
says so in its lifespan's state."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

log = logging.getLogger("chat.draining")

_BEFORE = "chat.before_draining"


def before_draining(act: Callable[[], None]) -> dict[str, Any]:
    """For the lifespan's state."""
    return {_BEFORE: act}


def drain_begins(state: Mapping[str, Any]) -> None:
    act = state.get(_BEFORE)
    if act is None:
        return
    try:
        act()
    except Exception:
        # It drains all the same.
        log.exception("not all was done before draining")
