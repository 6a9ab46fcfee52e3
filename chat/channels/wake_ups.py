"""Where one node has ended a session, the others look at the revocation feed at once.

What the bus carries is an accelerator: without it they look within a second, and it is the feed that says what ended.
"""

from collections.abc import Callable
from typing import Protocol

from chat.channels.fan_out import FanOut, Listener
from chat.channels.words import SessionsEnded, Word


class Endings(Protocol):
    """What of a Latchstring has to do with them."""

    def when_ended(self, tell: Callable[[], None]) -> None: ...

    def wake_up(self) -> None: ...


class WakeUps(Listener):
    def __init__(self, auth: Endings, fan_out: FanOut) -> None:
        self._auth = auth
        auth.when_ended(lambda: fan_out.say(SessionsEnded()))

    def hear(self, node: str, word: Word) -> None:
        if isinstance(word, SessionsEnded):
            self._auth.wake_up()
