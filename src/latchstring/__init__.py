"""Latchstring: sign-in that lasts, for apps with a live connection.

from fastapi import Depends, FastAPI
from latchstring import Latchstring, SignedIn

auth = Latchstring("sqlite:///app.db")
app = FastAPI()
auth.install(app)

@app.get("/notes")
async def notes(session: SignedIn = Depends(auth.session)):
    return {"of": session.subject}
"""

from latchstring.authenticating import SignedIn
from latchstring.core.account import Account
from latchstring.database import forget_keys
from latchstring.errors import (
    BodyTooLarge,
    ConfigurationError,
    Conflict,
    CrossOrigin,
    EmailTaken,
    FeedSilent,
    FieldTrouble,
    HashingBusy,
    InvalidAuthToken,
    InvalidCredentials,
    InvalidMailedToken,
    InvalidRequest,
    LatchstringError,
    MethodNotAllowed,
    NewerKey,
    NotFound,
    Refused,
    Retry,
    SessionEnded,
    StoodStill,
    StoreUnavailable,
    Superseded,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
)
from latchstring.front import Latchstring
from latchstring.issuing import TokenPair, Visitor
from latchstring.moving import move_database
from latchstring.ports import Engine, Entropy, Mailer, Row, Statement, Value
from latchstring.sealing import Sealer
from latchstring.sessions import Sessions
from latchstring.settings import Settings
from latchstring.web_tier_alone import web_tier_over_http

__all__ = [
    "Account",
    "BodyTooLarge",
    "ConfigurationError",
    "Conflict",
    "CrossOrigin",
    "EmailTaken",
    "Engine",
    "Entropy",
    "FeedSilent",
    "FieldTrouble",
    "HashingBusy",
    "InvalidAuthToken",
    "InvalidCredentials",
    "InvalidMailedToken",
    "InvalidRequest",
    "Latchstring",
    "LatchstringError",
    "Mailer",
    "MethodNotAllowed",
    "NewerKey",
    "NotFound",
    "Refused",
    "Retry",
    "Row",
    "Sealer",
    "SessionEnded",
    "Sessions",
    "Settings",
    "SignedIn",
    "Statement",
    "StoodStill",
    "StoreUnavailable",
    "Superseded",
    "TokenPair",
    "TooManyRequests",
    "Unavailable",
    "UnsupportedMediaType",
    "Value",
    "Visitor",
    "forget_keys",
    "move_database",
    "web_tier_over_http",
]
