"""What a mailed token is good for: these calls ask for no auth token."""

from typing import Any

from starlette.requests import Request

from latchstring.errors import InvalidMailedToken, TooManyRequests
from latchstring.http.addresses import Addresses
from latchstring.http.answers import Answer, nothing
from latchstring.http.api_bodies import EmailBody, PasswordResetBody, TokenBody
from latchstring.http.bodies import read_body
from latchstring.http.calls import Call
from latchstring.http.payloads import AppPart, Whose
from latchstring.recovering import Recovering


class RecoveringCalls:
    def __init__(self, *, recovering: Recovering, app_part: AppPart[Any], addresses: Addresses) -> None:
        self._recovering = recovering
        self._app_part = app_part
        self._addresses = addresses

    def calls(self) -> list[Call]:
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

    async def confirm_email(self, request: Request) -> Answer:
        body = await read_body(request, TokenBody)
        await self._recovering.confirm_email(body.token)
        return nothing()

    async def request_password_reset(self, request: Request) -> Answer:
        body = await read_body(request, EmailBody)
        await self._recovering.request_password_reset(body.email, self._addresses.visitor(request.scope))
        return nothing()

    async def read_reset_token(self, request: Request) -> Answer:
        body = await read_body(request, TokenBody)
        account = await self._recovering.read_reset_token(body.token)
        payload = await self._app_part.payload(account)
        return Answer({"success": True, "user": payload["user"]})

    async def reset_password(self, request: Request) -> Answer:
        body = await read_body(request, PasswordResetBody)
        await self._recovering.reset_password(body.token, body.new_password, body.new_password_confirmation)
        return nothing()
