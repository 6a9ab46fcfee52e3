"""The server side: the library's own Sessions, called without an event loop, since nothing here ever waits."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from latchstring.errors import InvalidAuthToken, Refused, Retry, SessionEnded
from latchstring.issuing import TokenPair, Visitor
from latchstring.sessions import Sessions

Answer = TypeVar("Answer")
VISITOR = Visitor("192.0.2.1", "simulated")


def now(call: Coroutine[Any, Any, Answer]) -> Answer:
    """The answer of a coroutine that never suspends: the memory store answers at once."""
    try:
        call.send(None)
    except StopIteration as done:
        answer: Answer = done.value
        return answer
    call.close()
    raise AssertionError("a simulated call waited for something")


class Server:
    """What a browser or a thief can ask. Says "retry" and "ended" as words; everything else is a pair of tokens."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def sign_in(self, subject: str) -> TokenPair:
        return now(self._sessions.start(subject, remembered=True, visitor=VISITOR))

    def refresh(self, token: str) -> TokenPair | str:
        try:
            return now(self._sessions.refresh(token, VISITOR))
        except Retry:
            return "retry"
        except SessionEnded as ended:
            return ended.reason

    def use(self, auth_token: str) -> bool:
        """Any signed-in call: the first one proves receipt."""
        try:
            now(self._sessions.authenticate(auth_token))
        except InvalidAuthToken:
            return False
        return True

    def lives(self, session_id: str) -> bool:
        session = now(self._sessions.newest(session_id))
        return session is not None and session.revoked_at is None

    def sign_out(self, session_id: str) -> None:
        try:
            now(self._sessions.end(session_id))
        except Refused as refused:
            raise AssertionError("ending a session was refused") from refused
