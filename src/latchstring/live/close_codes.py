"""The codes that a socket is closed with (RFC 6455 section 7.4), as data: the docs are held against this table."""

from dataclasses import dataclass

SESSION_ENDED = 4401
LEASE_LAPSED = 4408
GOING_AWAY = 1001
NOT_TEXT = 1003
NO_MESSAGE = 1007
FLOOD = 1008
FRAME_TOO_BIG = 1009
TROUBLE = 1011
DRAINING = 1012
NOT_READING = 1013


@dataclass(frozen=True, slots=True)
class CloseCode:
    """A code, what it means, and what a client does when it is closed with it."""

    code: int
    meaning: str
    client: str


CLOSE_CODES: tuple[CloseCode, ...] = (
    CloseCode(
        SESSION_ENDED,
        "The session has ended; the reason is the text of the close.",
        "Stop: sign out here, say why, and do not reconnect.",
    ),
    CloseCode(
        LEASE_LAPSED,
        "The newest auth token of the session expired more than a minute ago.",
        "Refresh, then reconnect with the new auth token.",
    ),
    CloseCode(
        GOING_AWAY,
        "The page or the server goes away.",
        "Reconnect after a random wait that grows.",
    ),
    CloseCode(
        NOT_TEXT,
        "A frame was not text.",
        "Reconnect, and do not send that frame again.",
    ),
    CloseCode(
        NO_MESSAGE,
        "A frame was no message of the protocol.",
        "Reconnect, and do not send that frame again.",
    ),
    CloseCode(
        FLOOD,
        "More frames came than one person makes: 50 in a second, sustained, with a burst of 200.",
        "Reconnect after a random wait that grows, and send less.",
    ),
    CloseCode(
        FRAME_TOO_BIG,
        "A frame was larger than 256 KiB.",
        "Reconnect, and do not send that frame again.",
    ),
    CloseCode(
        TROUBLE,
        "Something went wrong on the server's side, this node cannot know who is signed in, "
        "or the client did not answer a ping.",
        "Reconnect after a random wait that grows.",
    ),
    CloseCode(
        DRAINING,
        "This node stops; others serve on.",
        "Reconnect after a random wait of some seconds, so that not everybody comes at once.",
    ),
    CloseCode(
        NOT_READING,
        "The client did not read what was sent to it.",
        "Reconnect after a random wait that grows, and fetch what was missed.",
    ),
)
