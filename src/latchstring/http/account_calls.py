"""Registering and logging in: the calls that begin with a password."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.requests import Request

from latchstring.accounts import Accounts
from latchstring.core.account import Account
from latchstring.errors import EmailTaken, InvalidCredentials, TooManyRequests, Unavailable
from latchstring.http.addresses import Addresses
from latchstring.http.answers import Answer
from latchstring.http.api_bodies import LoginBody
from latchstring.http.bodies import read_body
from latchstring.http.calls import Call
from latchstring.http.payloads import AppPart, SignInPayload, sign_in_payload
from latchstring.issuing import TokenPair
from latchstring.sessions import Sessions


class AccountCalls:
    def __init__(self, *, accounts: Accounts, sessions: Sessions, app_part: AppPart[Any], addresses: Addresses) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._app_part = app_part
        self._addresses = addresses

    def calls(self) -> list[Call]:
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
