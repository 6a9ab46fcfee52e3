"""What signing in answers: the app's part, and the tokens."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from latchstring.core.account import Account
from latchstring.core.session import Session
from latchstring.http.api_bodies import RegisterBody
from latchstring.http.times import iso_time, wire_time
from latchstring.issuing import TokenPair
from latchstring.ports import Statement

R = TypeVar("R", bound=RegisterBody, contravariant=True)


class AppPart(Protocol[R]):
    """What an app adds to signing in: what it asks newcomers, what it keeps of them, and what it answers."""

    @property
    def register_body(self) -> type[RegisterBody]:
        """What registering takes; the other two methods are given one of it."""

    def words(self, body: R, /) -> Sequence[str]:
        """The user's own words, which their password may not be. May raise InvalidRequest."""

    def rows_for(self, account: Account, body: R, /) -> Sequence[Statement]:
        """Written in the transaction in which the account comes into being."""

    async def payload(self, account: Account, /) -> Mapping[str, object]:
        """`user`, `conversations` and `users` of the sign-in payload."""


class NoAppPart:
    """For apps that add nothing: a user is an id, an e-mail and whether that is confirmed."""

    register_body = RegisterBody

    def words(self, _: RegisterBody, /) -> Sequence[str]:
        return ()

    def rows_for(self, _: Account, __: RegisterBody, /) -> Sequence[Statement]:
        return ()

    async def payload(self, account: Account, /) -> Mapping[str, object]:
        return {"user": user_members(account), "conversations": [], "users": []}


def user_members(account: Account) -> dict[str, object]:
    """What every user has, as it is answered."""
    confirmed_at = None if account.confirmed_at is None else iso_time(account.confirmed_at)
    return {"id": account.id, "email": account.email, "confirmed_at": confirmed_at}


class Tokens(msgspec.Struct, kw_only=True):
    """What a brief refresh answers, and the end of every sign-in payload. Times are in seconds from now."""

    auth_token: str
    auth_token_expires_in: int
    refresh_token: str
    refresh_token_expires_in: int
    remembered: bool

    def __repr__(self) -> str:
        return "Tokens(…)"


class SignInPayload(Tokens, kw_only=True):
    """The app's part and the tokens. What a user, a conversation and a person hold is the app's to say."""

    user: dict[str, Any]
    conversations: list[dict[str, Any]]
    users: list[dict[str, Any]]


class RefreshPayload(Tokens, kw_only=True):
    """The sign-in payload, or with `brief` the tokens alone."""

    user: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    conversations: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    users: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET


class Me(msgspec.Struct, kw_only=True):
    """The sign-in payload without tokens."""

    user: dict[str, Any]
    conversations: list[dict[str, Any]]
    users: list[dict[str, Any]]


class Whose(msgspec.Struct, kw_only=True):
    success: bool
    user: dict[str, Any]


def tokens(pair: TokenPair) -> Tokens:
    return Tokens(
        auth_token=pair.auth_token,
        auth_token_expires_in=pair.auth_token_expires_in,
        refresh_token=pair.refresh_token,
        refresh_token_expires_in=pair.refresh_token_expires_in,
        remembered=pair.remembered,
    )


def sign_in_payload(payload: Mapping[str, object], pair: TokenPair) -> dict[str, Any]:
    return {**payload, **msgspec.structs.asdict(tokens(pair))}


class Device(msgspec.Struct, kw_only=True):
    """One of the places where a user is signed in."""

    id: str
    device: str
    address: str
    inserted_at: str
    last_seen_at: str
    remembered: bool
    current: bool


class Devices(msgspec.Struct, kw_only=True):
    sessions: list[Device]


def devices(sessions: Sequence[Session], current: str) -> Devices:
    return Devices(sessions=[_device(session, current) for session in sessions])


def _device(session: Session, current: str) -> Device:
    return Device(
        id=session.id,
        device=session.device,
        address=session.address,
        inserted_at=wire_time(session.inserted_at),
        last_seen_at=wire_time(session.last_seen_at),
        remembered=session.remembered,
        current=session.id == current,
    )
