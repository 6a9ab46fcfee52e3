"""The calls that need accounts: register, log in, confirm, and changes of password and e-mail."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.requests import Request

from latchstring.accounts import Accounts
from latchstring.core.account import Account
from latchstring.errors import EmailTaken, InvalidCredentials, InvalidMailedToken, TooManyRequests, Unavailable
from latchstring.http.addresses import Addresses
from latchstring.http.answers import Answer, nothing
from latchstring.http.api_bodies import (
    EmailBody,
    EmailChangeBody,
    LoginBody,
    PasswordChangeBody,
    PasswordResetBody,
    TokenBody,
)
from latchstring.http.bearer import authenticate
from latchstring.http.bodies import read_body
from latchstring.http.calls import Call
from latchstring.http.payloads import AppPart, SignInPayload, Whose, sign_in_payload
from latchstring.issuing import TokenPair
from latchstring.sessions import Sessions


class AccountCalls:
    def __init__(self, *, accounts: Accounts, sessions: Sessions, app_part: AppPart[Any], addresses: Addresses) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._app_part = app_part
        self._addresses = addresses

    def calls(self) -> list[Call]:
        return [*self._signing_in(), *self._mailed_tokens(), *self._changes()]

    def _signing_in(self) -> list[Call]:
        return [
            Call(
                method="POST",
                path="/auth/register",
                endpoint=self.register,
                summary="Makes an account and signs in",
                body=self._app_part.register_body,
                answers={201: SignInPayload},
                refusals=(EmailTaken, TooManyRequests),
                signed_in=False,
            ),
            Call(
                method="POST",
                path="/auth/login",
                endpoint=self.log_in,
                summary="Signs in",
                body=LoginBody,
                answers={200: SignInPayload},
                refusals=(InvalidCredentials, TooManyRequests),
                signed_in=False,
            ),
        ]

    def _mailed_tokens(self) -> list[Call]:
        refusals = (InvalidMailedToken, TooManyRequests)
        return [
            Call(
                method="POST",
                path="/auth/confirm",
                endpoint=self.confirm_email,
                summary="Marks the e-mail address as confirmed",
                body=TokenBody,
                refusals=refusals,
                signed_in=False,
            ),
            Call(
                method="POST",
                path="/auth/password/request",
                endpoint=self.request_password_reset,
                summary="Mails a link for a new password, if there is such an account",
                body=EmailBody,
                refusals=(TooManyRequests,),
                signed_in=False,
            ),
            Call(
                method="POST",
                path="/auth/password/confirm",
                endpoint=self.read_reset_token,
                summary="Whose reset token this is; spends nothing",
                body=TokenBody,
                answers={200: Whose},
                refusals=refusals,
                signed_in=False,
            ),
            Call(
                method="POST",
                path="/auth/password/reset",
                endpoint=self.reset_password,
                summary="Sets a new password and ends every session",
                body=PasswordResetBody,
                refusals=refusals,
                signed_in=False,
            ),
        ]

    def _changes(self) -> list[Call]:
        refusals = (InvalidCredentials, TooManyRequests)
        return [
            Call(
                method="POST",
                path="/api/token/email_confirm",
                endpoint=self.request_confirmation,
                summary="Mails a token that confirms the e-mail address",
                refusals=(TooManyRequests,),
            ),
            Call(
                method="POST",
                path="/api/token/email_change",
                endpoint=self.request_email_change,
                summary="Mails a token that allows another e-mail address",
                refusals=(TooManyRequests,),
            ),
            Call(
                method="PATCH",
                path="/api/password",
                endpoint=self.change_password,
                summary="Changes the password; every other session ends",
                body=PasswordChangeBody,
                refusals=refusals,
            ),
            Call(
                method="PATCH",
                path="/api/email",
                endpoint=self.change_email,
                summary="Changes the e-mail address",
                body=EmailChangeBody,
                refusals=(*refusals, InvalidMailedToken, EmailTaken),
            ),
        ]

    async def register(self, request: Request) -> Answer:
        body = await read_body(request, self._app_part.register_body)
        account, pair = await self._accounts.register(
            body.email,
            body.password,
            remembered=body.remembered(default=True),
            visitor=self._addresses.visitor(request.scope),
            words=self._app_part.words(body),
            replaces=body.replaces,
            also=lambda account: self._app_part.rows_for(account, body),
        )
        return Answer(sign_in_payload(await self._first_payload(account, pair), pair), 201)

    async def log_in(self, request: Request) -> Answer:
        body = await read_body(request, LoginBody)
        payload: dict[str, object] = {}

        async def read_payload(account: Account) -> None:
            payload.update(await self._app_part.payload(account))

        _, pair = await self._accounts.log_in(
            body.email,
            body.password,
            remembered=body.remembered(default=True),
            visitor=self._addresses.visitor(request.scope),
            replaces=body.replaces,
            before=read_payload,
        )
        return Answer(sign_in_payload(payload, pair))

    async def _first_payload(self, account: Account, pair: TokenPair) -> Mapping[str, object]:
        """Made of rows that registering has just written, so it cannot be read before them.

        Where it cannot be read after them either, the session ends that nobody was told of; the account stays, as it
        does when an answer is lost on its way, and its owner logs in. A store that does not even take the end leaves a
        line in the list of devices until it idles out, and no more: its tokens have never left this call.
        """
        try:
            return await self._app_part.payload(account)
        except Exception:
            with suppress(Unavailable):
                await self._sessions.end(pair.session_id)
            raise

    async def confirm_email(self, request: Request) -> Answer:
        body = await read_body(request, TokenBody)
        await self._accounts.confirm_email(body.token)
        return nothing()

    async def request_password_reset(self, request: Request) -> Answer:
        body = await read_body(request, EmailBody)
        await self._accounts.request_password_reset(body.email, self._addresses.visitor(request.scope))
        return nothing()

    async def read_reset_token(self, request: Request) -> Answer:
        body = await read_body(request, TokenBody)
        account = await self._accounts.read_reset_token(body.token)
        payload = await self._app_part.payload(account)
        return Answer({"success": True, "user": payload["user"]})

    async def reset_password(self, request: Request) -> Answer:
        body = await read_body(request, PasswordResetBody)
        await self._accounts.reset_password(body.token, body.new_password, body.new_password_confirmation)
        return nothing()

    async def request_confirmation(self, request: Request) -> Answer:
        await self._accounts.request_confirmation(await authenticate(self._sessions, request.scope))
        return nothing()

    async def request_email_change(self, request: Request) -> Answer:
        await self._accounts.request_email_change(await authenticate(self._sessions, request.scope))
        return nothing()

    async def change_password(self, request: Request) -> Answer:
        signed_in = await authenticate(self._sessions, request.scope)
        body = await read_body(request, PasswordChangeBody)
        await self._accounts.change_password(
            signed_in, body.password, body.new_password, body.new_password_confirmation
        )
        return nothing()

    async def change_email(self, request: Request) -> Answer:
        signed_in = await authenticate(self._sessions, request.scope)
        body = await read_body(request, EmailChangeBody)
        await self._accounts.change_email(signed_in, body.token, body.email, body.password)
        return nothing()
