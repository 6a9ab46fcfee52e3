"""Sockets that end with their session: the guard at the door, the registry, the lease and the watcher."""

from latchstring.live.admission import Admission
from latchstring.live.close_codes import (
    CLOSE_CODES,
    FLOOD,
    FRAME_TOO_BIG,
    NO_MESSAGE,
    NOT_READING,
    NOT_TEXT,
    CloseCode,
)
from latchstring.live.connection import Connection
from latchstring.live.connections import Connections
from latchstring.live.door import HandshakeRefused, admit
from latchstring.live.guard import LiveGuard, LiveMiddleware
from latchstring.live.limits import Limits
from latchstring.live.silence import Silence
from latchstring.live.sweep import Sweep
from latchstring.live.watcher import Watcher
from latchstring.live.wire import SocketClosed

__all__ = [
    "CLOSE_CODES",
    "FLOOD",
    "FRAME_TOO_BIG",
    "NOT_READING",
    "NOT_TEXT",
    "NO_MESSAGE",
    "Admission",
    "CloseCode",
    "Connection",
    "Connections",
    "HandshakeRefused",
    "Limits",
    "LiveGuard",
    "LiveMiddleware",
    "Silence",
    "SocketClosed",
    "Sweep",
    "Watcher",
    "admit",
]
