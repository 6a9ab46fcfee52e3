"""Everything that Latchstring raises, as one tree.

    LatchstringError
    ├── ConfigurationError         the operator has to act; raised at start, never in a request
    ├── Conflict                   a statement that needed a row had none: the whole transaction was rolled back
    ├── Refused                    the caller has to act; carries a code and a sentence for people
    │   ├── InvalidRequest         400  what was sent is not what the call takes; names the fields
    │   ├── InvalidMailedToken     400  a mailed token is unknown, used or too old
    │   ├── InvalidCredentials     401  wrong password or unknown e-mail: one answer for both
    │   ├── InvalidAuthToken       401  every way in which a bearer can be bad: one answer for all
    │   │   └── Superseded         401  its refresh answer was given up as lost: refresh, nobody is signed out
    │   ├── SessionEnded           401  with a reason: the sign-in is over
    │   ├── CrossOrigin            403  the request did not come from our own pages
    │   ├── NotFound               404  it does not exist, or not for the caller
    │   ├── MethodNotAllowed       405
    │   ├── EmailTaken             409
    │   ├── Retry                  409  the refresh token was replaced a moment ago: use the newest
    │   ├── BodyTooLarge           413
    │   ├── UnsupportedMediaType   415
    │   └── TooManyRequests        429  with the seconds to wait
    └── Unavailable                503  nothing was spent, nothing was lost, nobody was let in
        ├── StoreUnavailable            the database did not answer
        ├── FeedSilent                  this node cannot know who was signed out: it fails closed
        ├── StoodStill                  this node may be reading what was sent long ago: no refresh is presented
        ├── NewerKey                    it may be signed by a key that other nodes have, and this one not yet
        └── HashingBusy                 the queue of the password hasher is full

No message holds a token, a password, a hash, SQL or a path: each is safe to show to a stranger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

EndReason = Literal[
    "signed_out",
    "signed_out_elsewhere",
    "idle",
    "expired",
    "replayed",
    "password_changed",
    "account_closed",
    "unknown",
]


class LatchstringError(Exception):
    """The root: catching it catches everything that this library raises on purpose."""


class ConfigurationError(LatchstringError):
    """A setting, a secrets file or a database address that cannot be used; the message says what to change."""


class Conflict(LatchstringError):
    """A statement with `needs_row` returned none. Nothing of its transaction was kept."""


class Refused(LatchstringError):
    """A request that is refused. `code` is stable and documented; `message` is for people."""

    code: ClassVar[str]
    default_message: ClassVar[str]

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.default_message
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class FieldTrouble:
    """What is wrong with one member of a request body: its path as the client wrote it, and a helpful sentence."""

    path: str
    message: str


class InvalidRequest(Refused):
    code = "invalid_request"
    default_message = "The request is not valid."

    def __init__(self, message: str | None = None, *, fields: Sequence[FieldTrouble] = ()) -> None:
        super().__init__(message or (fields[0].message if fields else None))
        self.fields = tuple(fields)


class InvalidMailedToken(Refused):
    code = "invalid_token"
    default_message = "This code has been used, has been replaced or is too old. Ask for a new one."


class InvalidCredentials(Refused):
    code = "invalid_credentials"
    default_message = "The e-mail address or the password is wrong."


class InvalidAuthToken(Refused):
    code = "invalid_token"
    default_message = "A live auth token is needed."


class Superseded(InvalidAuthToken):
    code = "superseded"
    default_message = "This auth token was replaced before it was used. Refresh to get the newest."


class SessionEnded(Refused):
    """The sign-in is over. `reason` is one of the documented reasons."""

    code = "session_ended"
    default_message = "This sign-in has ended."

    def __init__(self, reason: EndReason) -> None:
        super().__init__()
        self.reason: EndReason = reason


class CrossOrigin(Refused):
    code = "cross_origin"
    default_message = "This may only be called from our own pages."


class NotFound(Refused):
    code = "not_found"
    default_message = "There is nothing here by that name."


class MethodNotAllowed(Refused):
    code = "method_not_allowed"
    default_message = "This address does not take that method."


class EmailTaken(Refused):
    code = "email_taken"
    default_message = "There is an account with this e-mail address already. Sign in instead?"


class Retry(Refused):
    code = "retry"
    default_message = "This refresh token was replaced a moment ago. Use the newest one you hold."


class BodyTooLarge(Refused):
    code = "body_too_large"
    default_message = "The request body is too large."


class UnsupportedMediaType(Refused):
    code = "unsupported_media_type"
    default_message = "The request body has to be application/json in UTF-8."


class TooManyRequests(Refused):
    """Throttled. `retry_after` is in whole seconds, at least 1."""

    code = "too_many_requests"
    default_message = "Too many tries. Wait a little and try again."

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = max(1, retry_after)


class Unavailable(LatchstringError):
    """Nothing was spent, nothing was lost, nobody was let in. `retry_after` is in whole seconds."""

    code: ClassVar[str] = "unavailable"
    message: ClassVar[str] = "The service cannot answer just now. Nothing was lost; try again in a moment."

    def __init__(self, detail: str = "", *, retry_after: int = 1) -> None:
        super().__init__(detail or self.message)
        self.retry_after = max(1, retry_after)


class StoreUnavailable(Unavailable):
    """The database did not answer, or could not make the change durable."""


class FeedSilent(Unavailable):
    """The revocation feed has been silent for too long: this node cannot know who was signed out."""


class StoodStill(Unavailable):
    """This node stood still until a moment ago: whoever sent this refresh may have gone on elsewhere since."""


class NewerKey(Unavailable):
    """It may be signed by a key that other nodes have already: this node cannot know whether it is good."""


class HashingBusy(Unavailable):
    """More passwords wait to be hashed than can be hashed in good time."""
