"""What the calls of the API tier take, member by member. The OpenAPI document is made from these very structs."""

import msgspec

from latchstring.http.bodies import Body, RememberingBody


class SignInBody(RememberingBody, kw_only=True):
    """`replaces` is a refresh token whose session ends with this sign-in: a browser keeps one session, not two."""

    email: str
    password: str
    replaces: str | None = None


class LoginBody(SignInBody, kw_only=True):
    pass


class RegisterBody(SignInBody, kw_only=True):
    """An app that wants to know more of a newcomer derives its own body from this one."""


class RefreshBody(Body, kw_only=True):
    """With `brief`, only the tokens and their times are answered."""

    token: str
    brief: bool = False


class TokenBody(Body, kw_only=True):
    token: str


class SignOutBody(Body, kw_only=True):
    """The refresh token of the session to end; without one, the bearer's session."""

    token: str | msgspec.UnsetType = msgspec.UNSET


class EmailBody(Body, kw_only=True):
    email: str


class PasswordResetBody(Body, kw_only=True):
    token: str
    new_password: str
    new_password_confirmation: str


class PasswordChangeBody(Body, kw_only=True):
    """`password` is the current one."""

    password: str
    new_password: str
    new_password_confirmation: str


class EmailChangeBody(Body, kw_only=True):
    token: str
    email: str
    password: str
