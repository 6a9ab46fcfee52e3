"""What people change of their account while they are signed in."""

from starlette.requests import Request

from latchstring.changing import Changing
from latchstring.errors import EmailTaken, InvalidCredentials, InvalidMailedToken, TooManyRequests
from latchstring.http.answers import Answer, nothing
from latchstring.http.api_bodies import EmailChangeBody, PasswordChangeBody
from latchstring.http.bearer import authenticate
from latchstring.http.bodies import read_body
from latchstring.http.calls import Call
from latchstring.sessions import Sessions


class ChangingCalls:
    def __init__(self, *, changing: Changing, sessions: Sessions) -> None:
        self._changing = changing
        self._sessions = sessions

    def calls(self) -> list[Call]:
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

    async def request_confirmation(self, request: Request) -> Answer:
        await self._changing.request_confirmation(await authenticate(self._sessions, request.scope))
        return nothing()

    async def request_email_change(self, request: Request) -> Answer:
        await self._changing.request_email_change(await authenticate(self._sessions, request.scope))
        return nothing()

    async def change_password(self, request: Request) -> Answer:
        signed_in = await authenticate(self._sessions, request.scope)
        body = await read_body(request, PasswordChangeBody)
        await self._changing.change_password(
            signed_in, body.password, body.new_password, body.new_password_confirmation
        )
        return nothing()

    async def change_email(self, request: Request) -> Answer:
        signed_in = await authenticate(self._sessions, request.scope)
        body = await read_body(request, EmailChangeBody)
        await self._changing.change_email(signed_in, body.token, body.email, body.password)
        return nothing()
